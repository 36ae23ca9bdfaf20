//! The client of a request behind trusted proxies.
//!
//! Forwarding headers count only if the peer is a configured proxy.
//! `X-Forwarded-For` is read from its end: each trusted hop vouches for the one
//! before it, and the first untrusted address is the client. `Forwarded` (RFC
//! 7239) counts only without `X-Forwarded-For`: a proxy that sets one commonly
//! passes the client's value of the other through.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Once,
};

use ipnet::IpNet;
use poem::{
    Request,
    http::{HeaderMap, header::FORWARDED, header::HOST, uri::Authority, uri::Scheme},
};

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
const FORWARDED_HOST: &str = "x-forwarded-host";

/// The client of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The client's address; an IPv4-mapped IPv6 address is converted to IPv4.
    pub address: IpAddr,
    /// Whether the client uses TLS.
    pub secure: bool,
    /// The requested host, with its port if given.
    pub host: Option<String>,
}

/// The proxies whose forwarding headers are trusted.
#[derive(Debug, Clone, Default)]
pub(super) struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    pub(super) fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Determines the client of a request.
    pub(super) fn client(&self, request: &Request) -> Client {
        let peer = request
            .remote_addr()
            .as_socket_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), SocketAddr::ip)
            .to_canonical();
        let direct = Client {
            address: peer,
            secure: request.scheme() == &Scheme::HTTPS,
            host: requested_host(request),
        };
        if !self.trusts(peer) {
            warn_of_proxy(request.headers(), peer);
            return direct;
        }
        self.resolve(request.headers(), direct)
    }

    fn resolve(&self, headers: &HeaderMap, direct: Client) -> Client {
        let hops = list(headers, FORWARDED_FOR);
        if hops.is_empty() {
            return self.resolve_forwarded(headers, direct);
        }
        Client {
            address: self.first_untrusted(hops.iter().copied(), direct.address),
            secure: last(headers, FORWARDED_PROTO)
                .map_or(direct.secure, |proto| proto.eq_ignore_ascii_case("https")),
            host: last(headers, FORWARDED_HOST)
                .map(str::to_owned)
                .or(direct.host),
        }
    }

    fn resolve_forwarded(&self, headers: &HeaderMap, direct: Client) -> Client {
        let elements = list(headers, FORWARDED.as_str());
        let Some(nearest) = elements.last() else {
            return direct;
        };
        Client {
            address: self.first_untrusted(
                elements.iter().filter_map(|element| pair(element, "for")),
                direct.address,
            ),
            secure: pair(nearest, "proto")
                .map_or(direct.secure, |proto| proto.eq_ignore_ascii_case("https")),
            host: pair(nearest, "host").map(str::to_owned).or(direct.host),
        }
    }

    /// Walks back from the nearest hop while each is trusted. An invalid address
    /// ends the walk at the last valid one.
    fn first_untrusted<'a>(
        &self,
        hops: impl DoubleEndedIterator<Item = &'a str>,
        peer: IpAddr,
    ) -> IpAddr {
        let mut nearest = peer;
        for hop in hops.rev() {
            let Some(address) = address(hop) else {
                break;
            };
            nearest = address;
            if !self.trusts(address) {
                break;
            }
        }
        nearest
    }
}

/// Warns once of forwarding headers that are ignored: behind a proxy that is not
/// configured, all clients share the limits of the proxy.
fn warn_of_proxy(headers: &HeaderMap, peer: IpAddr) {
    static WARNED: Once = Once::new();
    if headers.contains_key(FORWARDED_FOR) {
        WARNED.call_once(|| {
            tracing::warn!(
                peer.address = %peer,
                "forwarding headers ignored: the peer is not in http.trusted_proxies; add it if it is your proxy"
            );
        });
    }
}

fn requested_host(request: &Request) -> Option<String> {
    let authority = request.original_uri().authority().map(Authority::as_str);
    authority
        .or_else(|| request.header(HOST))
        .map(str::to_owned)
}

/// Returns the elements of a list header that may occur several times.
fn list<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|element| !element.is_empty())
        .collect()
}

/// Returns the value set by the nearest proxy.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    list(headers, name).last().copied()
}

/// Returns the value of a parameter in one element of `Forwarded`.
fn pair<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    element.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"'))
    })
}

/// Parses an address with or without a port or brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches('"');
    let parsed = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()))
        .or_else(|_| text.trim_matches(['[', ']']).parse());
    parsed.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a failed test may panic")]

    use poem::http::HeaderValue;

    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> (String, bool) {
        let proxies = TrustedProxies::new(vec![
            "10.0.0.0/8".parse().expect("a network"),
            "::1/128".parse().expect("a network"),
        ]);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).expect("a value"));
        }
        let peer: IpAddr = peer.parse().expect("an address");
        let direct = Client {
            address: peer,
            secure: false,
            host: None,
        };
        let found = if proxies.trusts(peer) {
            proxies.resolve(&map, direct)
        } else {
            direct
        };
        (found.address.to_string(), found.secure)
    }

    #[test]
    fn headers_of_untrusted_peers_are_ignored() {
        let headers = [
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(client("9.9.9.9", &headers), ("9.9.9.9".to_owned(), false));
    }

    #[test]
    fn the_nearest_untrusted_address_is_the_client() {
        let headers = [("x-forwarded-for", "6.6.6.6, 1.1.1.1, 10.2.2.2")];
        assert_eq!(client("10.1.1.1", &headers).0, "1.1.1.1");
        let twice = [
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-for", "1.1.1.1"),
        ];
        assert_eq!(client("::1", &twice).0, "1.1.1.1");
    }

    #[test]
    fn an_invalid_address_ends_the_walk() {
        let headers = [("x-forwarded-for", "1.1.1.1, invalid, 10.2.2.2")];
        assert_eq!(client("10.1.1.1", &headers).0, "10.2.2.2");
    }

    #[test]
    fn forwarded_counts_only_without_x_forwarded_for() {
        let standard = (
            "forwarded",
            "for=6.6.6.6, for=\"[2001:db8::7]:80\";proto=https",
        );
        assert_eq!(
            client("10.1.1.1", &[standard]),
            ("2001:db8::7".to_owned(), true)
        );
        let both = [standard, ("x-forwarded-for", "1.1.1.1")];
        assert_eq!(client("10.1.1.1", &both), ("1.1.1.1".to_owned(), false));
    }
}
