//! The service as its users see it: over HTTP, as people with a purpose.

#![expect(clippy::expect_used, clippy::panic, reason = "a failed test may panic")]

mod auth;
mod cases;
mod isolation;
mod journey;
mod roles;
