//! The real servers that tests talk to: given by a URL, or started here on a
//! free loopback port with a folder of their own, and stopped with the tests.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that has no server fails"
)]

mod child;
mod postgres;
mod proxy;

pub use postgres::Postgres;
pub use proxy::{Fault, FaultProxy};

use std::{net::TcpListener, path::PathBuf};

/// A port that nobody has.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// What whoever runs the tests says in the environment.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says so in the environment"
)]
fn given(variable: &str) -> Option<String> {
    std::env::var(variable)
        .ok()
        .filter(|value| !value.is_empty())
}

/// Where `tests/scripts/services` keeps the programs that it builds.
#[expect(dead_code, reason = "no built server yet")]
fn programs_folder() -> PathBuf {
    let named = given("TENANTRY_TEST_PROGRAMS").map(PathBuf::from);
    let cache = || given("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || given("HOME").map(|home| PathBuf::from(home).join(".cache"));
    named.unwrap_or_else(|| {
        let cache = cache().or_else(home).unwrap_or_else(std::env::temp_dir);
        cache.join("tenantry-tests")
    })
}
