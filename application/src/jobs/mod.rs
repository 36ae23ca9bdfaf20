//! Background jobs: viewing and running them.

mod get;
mod run;

pub use get::get;
pub(crate) use run::Outcome;
pub use run::run_next;
