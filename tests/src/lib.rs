//! The harness, the conformance suites and the end-to-end tests.

pub mod conformance;
pub mod harness;
pub mod services;
