//! The settings of a tenant.

mod get;
mod update;

pub use get::get;
pub use update::{UpdateSettings, update};
