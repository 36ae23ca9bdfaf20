//! The real servers that tests talk to: given by a URL, or started here on a
//! free loopback port with a folder of their own, and stopped with the tests.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that has no server fails"
)]

mod child;
mod postgres;

pub use postgres::Postgres;

use std::net::TcpListener;

/// A port that nobody has.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
