//! Limits of the server.

use std::time::Duration;

use ipnet::IpNet;

/// Limits on connections and requests. The defaults suit a service behind a
/// proxy as well as one exposed to the internet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerOptions {
    /// The maximum number of open connections. A further one closes the one that
    /// has been idle longest, or is refused.
    pub max_connections: usize,
    /// The maximum number of open connections of one client network (an IPv4
    /// address or an IPv6 /64 prefix).
    pub connections_per_network: usize,
    /// The proxies whose connections are of many clients, and not limited.
    pub trusted_proxies: Vec<IpNet>,
    /// The time limit for a complete request head, from the start of the
    /// connection or the first byte of the request (HTTP/1.1).
    pub header_timeout: Duration,
    /// The time a connection may stay open between requests.
    pub idle_timeout: Duration,
    /// The time spent waiting for the peer after which a body that moved fewer
    /// than 500 bytes per second is aborted, in either direction.
    pub progress_timeout: Duration,
    /// The maximum size of a request head, in bytes.
    pub max_header_bytes: u32,
    /// The maximum number of concurrent requests on one HTTP/2 connection.
    pub max_concurrent_streams: u32,
    /// The time that running requests may take to finish after a stop.
    pub shutdown_grace: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            connections_per_network: 512,
            trusted_proxies: Vec::new(),
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            progress_timeout: Duration::from_secs(30),
            max_header_bytes: 32 * 1024,
            max_concurrent_streams: 100,
            shutdown_grace: Duration::from_secs(20),
        }
    }
}
