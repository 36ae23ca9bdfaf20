//! The service as its users see it: over HTTP, as people with a purpose.

#![expect(clippy::expect_used, clippy::panic, reason = "a failed test may panic")]

mod audit;
mod auth;
mod bad_input;
mod cases;
mod dataset;
mod files;
mod isolation;
mod journey;
mod providers;
mod quota;
mod replicas;
mod roles;
mod storage;
mod system;
