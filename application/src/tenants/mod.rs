//! Tenants.

mod usage;

pub use usage::usage;
