//! Background work: looking at it, and doing it.

mod get;
mod run;

pub use get::get;
pub(crate) use run::Outcome;
pub use run::run_next;
