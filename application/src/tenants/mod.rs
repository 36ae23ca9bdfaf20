//! Tenants.

mod open;
mod usage;

pub(crate) use open::open_active;
pub use usage::usage;
