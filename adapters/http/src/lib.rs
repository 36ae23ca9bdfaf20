//! The HTTP API, on poem and poem-openapi.
pub mod problem;
pub mod server;
