//! The harness, the test servers and the conformance suites.

pub mod conformance;
pub mod harness;
pub mod services;
mod wait;
