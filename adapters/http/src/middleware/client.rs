//! Who the client is, seen through the proxies in front of the service.
//!
//! Forwarding headers are believed only when the peer itself is a configured
//! proxy. `X-Forwarded-For` is read from its end: each trusted hop vouches for
//! the one before it, and the first address that is no proxy of ours is the
//! client. `Forwarded` (RFC 7239) serves where there is no `X-Forwarded-For`:
//! a proxy that writes the one commonly passes on the other as the client sent
//! it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use poem::{
    Request,
    http::{HeaderMap, header::FORWARDED, header::HOST, uri::Authority, uri::Scheme},
};

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
const FORWARDED_HOST: &str = "x-forwarded-host";

/// The far end of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its address; IPv4 also where the socket speaks IPv6.
    pub address: IpAddr,
    /// Whether it came over TLS.
    pub secure: bool,
    /// The host it asked for, with its port if it named one.
    pub host: Option<String>,
}

/// The proxies whose word is taken.
#[derive(Debug, Clone, Default)]
pub(super) struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    pub(super) fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client of a request.
    pub(super) fn client(&self, request: &Request) -> Client {
        let peer = request
            .remote_addr()
            .as_socket_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), SocketAddr::ip)
            .to_canonical();
        let direct = Client {
            address: peer,
            secure: request.scheme() == &Scheme::HTTPS,
            host: own_host(request),
        };
        if self.0.is_empty() || !self.trusts(peer) {
            return direct;
        }
        self.forwarded(request.headers(), direct)
    }

    fn forwarded(&self, headers: &HeaderMap, direct: Client) -> Client {
        let hops = list(headers, FORWARDED_FOR);
        if hops.is_empty() {
            return self.standard(headers, direct);
        }
        Client {
            address: self.first_foreign(hops.iter().copied(), direct.address),
            secure: last(headers, FORWARDED_PROTO)
                .map_or(direct.secure, |proto| proto.eq_ignore_ascii_case("https")),
            host: last(headers, FORWARDED_HOST)
                .map(str::to_owned)
                .or(direct.host),
        }
    }

    fn standard(&self, headers: &HeaderMap, direct: Client) -> Client {
        let elements = list(headers, FORWARDED.as_str());
        let Some(nearest) = elements.last() else {
            return direct;
        };
        Client {
            address: self.first_foreign(
                elements.iter().filter_map(|element| pair(element, "for")),
                direct.address,
            ),
            secure: pair(nearest, "proto")
                .map_or(direct.secure, |proto| proto.eq_ignore_ascii_case("https")),
            host: pair(nearest, "host").map(str::to_owned).or(direct.host),
        }
    }

    /// Walks back from the nearest hop while each is trusted. A hop that is no
    /// address ends the walk at the last one that was.
    fn first_foreign<'a>(
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

fn own_host(request: &Request) -> Option<String> {
    let authority = request.original_uri().authority().map(Authority::as_str);
    authority
        .or_else(|| request.header(HOST))
        .map(str::to_owned)
}

/// The elements of a header that may be a list and come several times.
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

/// What the nearest proxy said.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    list(headers, name).last().copied()
}

/// The value of a pair in an element of `Forwarded`.
fn pair<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    element.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"'))
    })
}

/// An address with or without a port, in any of the usual spellings.
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

    fn seen(peer: &str, headers: &[(&'static str, &str)]) -> (String, bool) {
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
        let client = if proxies.trusts(peer) {
            proxies.forwarded(&map, direct)
        } else {
            direct
        };
        (client.address.to_string(), client.secure)
    }

    #[test]
    fn a_stranger_is_not_believed() {
        let headers = [
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(seen("9.9.9.9", &headers), ("9.9.9.9".to_owned(), false));
    }

    #[test]
    fn the_nearest_foreign_address_is_the_client() {
        let headers = [("x-forwarded-for", "6.6.6.6, 1.1.1.1, 10.2.2.2")];
        assert_eq!(seen("10.1.1.1", &headers).0, "1.1.1.1");
        let twice = [
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-for", "1.1.1.1"),
        ];
        assert_eq!(seen("::1", &twice).0, "1.1.1.1");
    }

    #[test]
    fn nonsense_ends_the_walk() {
        let headers = [("x-forwarded-for", "1.1.1.1, nonsense, 10.2.2.2")];
        assert_eq!(seen("10.1.1.1", &headers).0, "10.2.2.2");
    }

    #[test]
    fn the_standard_header_serves_where_it_is_alone() {
        let standard = (
            "forwarded",
            "for=6.6.6.6, for=\"[2001:db8::7]:80\";proto=https",
        );
        assert_eq!(
            seen("10.1.1.1", &[standard]),
            ("2001:db8::7".to_owned(), true)
        );
        let both = [standard, ("x-forwarded-for", "1.1.1.1")];
        assert_eq!(seen("10.1.1.1", &both), ("1.1.1.1".to_owned(), false));
    }
}
