//! The network of a client.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

/// The addresses among which a client can choose freely: one IPv4 address, or a
/// /64 prefix of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientNetwork(IpAddr);

impl ClientNetwork {
    /// Returns the network of an address. An IPv4-mapped IPv6 address counts as
    /// IPv4.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(IpAddr::V4(address)),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self(IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)))
            }
        }
    }
}

impl fmt::Display for ClientNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_choose_another_network() {
        let network = |text: &str| ClientNetwork::of(text.parse().expect("an address"));
        assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
        assert_ne!(network("::ffff:192.0.2.7"), network("::ffff:192.0.2.8"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1:2:3"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("2001:db8::1").to_string(), "2001:db8::");
    }
}
