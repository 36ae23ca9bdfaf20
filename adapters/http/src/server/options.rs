//! What the server allows its peers.

use std::time::Duration;

/// Limits on connections and requests. The defaults suit a service behind a
/// proxy as well as one that faces the internet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerOptions {
    /// Connections open at once; further ones wait in the listener's queue.
    pub max_connections: usize,
    /// Time from a connection's start, or a request's first byte, until the
    /// head of the request is complete (HTTP/1.1).
    pub header_timeout: Duration,
    /// Time a connection may stay open between requests.
    pub idle_timeout: Duration,
    /// Time spent waiting for the peer, after which a body that made too
    /// little progress in it is cut: a request's that brings less than 500
    /// bytes a second, an answer's of which less is read.
    pub progress_timeout: Duration,
    /// Largest head of a request, in bytes.
    pub max_header_bytes: u32,
    /// Requests at once on one HTTP/2 connection.
    pub max_concurrent_streams: u32,
    /// Time that running requests get to finish once the server stops.
    pub shutdown_grace: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            progress_timeout: Duration::from_secs(30),
            max_header_bytes: 32 * 1024,
            max_concurrent_streams: 128,
            shutdown_grace: Duration::from_secs(20),
        }
    }
}
