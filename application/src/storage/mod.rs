//! The storage backends themselves: which there are, and how they are.

mod available;
mod doctor;

pub use available::{BackendView, available};
pub use doctor::{BackendReport, doctor, examine};
