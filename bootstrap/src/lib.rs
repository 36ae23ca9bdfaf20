//! The `tenantry` binary: command line, wiring, telemetry, lifecycle.
//!
//! | Topic | Module |
//! |---|---|
//! | commands | `cli/`, one per file |
//! | choice of the adapter for each port | `wiring/`, one port per file |
//! | start and shutdown of the service | `service.rs` |
//! | logs | `telemetry.rs` |

pub mod cli;
mod error;
mod root_secret;
mod service;
mod telemetry;
pub mod wiring;

pub use error::StartError;
pub use service::{Service, ServiceHandle};
