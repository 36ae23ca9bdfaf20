//! Background jobs: viewing and running them.

mod get;
mod run;

pub use get::get;
pub use run::run_next;
