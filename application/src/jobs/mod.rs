//! Background jobs: viewing and running them.

mod get;
mod recover;
mod run;

pub use get::get;
pub use recover::{recover, register};
pub use run::run_next;
