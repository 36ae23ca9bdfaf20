//! End-to-end tests: the service over its HTTP API.

#![expect(clippy::expect_used, clippy::panic, reason = "a failed test may panic")]

mod admission;
mod audit;
mod audit_chains;
mod auth;
mod bad_input;
mod cases;
mod chromium;
mod clocks;
mod contention;
mod dataset;
mod files;
mod idempotency;
mod isolation;
mod journey;
mod many_versions;
mod overload;
mod path_proxy;
mod projects;
mod providers;
mod quota;
mod replicas;
mod reservations;
mod roles;
mod secrets;
mod settings;
mod storage;
mod system;
mod thread_log;
mod weak_tags;
