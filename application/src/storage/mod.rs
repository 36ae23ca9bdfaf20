//! The storage backends: listing and checking them.

mod available;
mod doctor;

pub use available::{BackendView, available};
pub use doctor::{BackendReport, doctor, examine};
