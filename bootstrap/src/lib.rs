//! The `tenantry` binary: command line, wiring, telemetry, lifecycle.
//!
//! | to find | look in |
//! |---|---|
//! | what each command does | `cli/`, one a file |
//! | which adapter serves a port, by configuration | `wiring/`, one port a file |
//! | how the service starts and stops | `service.rs` |
//! | logs | `telemetry.rs` |

pub mod cli;
mod error;
mod root_secret;
mod service;
mod telemetry;
pub mod wiring;

pub use error::StartError;
pub use service::{Service, ServiceHandle};
