//! The host that a request names.

use std::net::Ipv6Addr;

use poem::{
    Request,
    http::{Version, header::HOST, uri::Authority},
};

use crate::problem::{Problem, codes};

/// Rejects requests that do not name exactly one host.
///
/// HTTP/1.1 requires one valid `Host` (RFC 9112, section 3.2), even if the
/// target is an absolute URI, whose host applies. HTTP/2 has `:authority`, and a
/// `Host` must name the same (RFC 9113, section 8.3.1). A proxy and this service
/// could otherwise choose different ones.
pub(super) fn check(request: &Request) -> Result<(), Problem> {
    let mut fields = request.headers().get_all(HOST).iter();
    let host = fields.next();
    if fields.next().is_some() {
        return Err(malformed().detail("The request has more than one Host."));
    }
    let uri = request.original_uri();
    let authority = uri.authority().map(Authority::as_str);
    let host = match host.map(|host| host.to_str()) {
        Some(Ok(host)) if is_valid(host) => Some(host),
        Some(_) => return Err(malformed().detail("The Host is not a host with an optional port.")),
        None => None,
    };
    if authority.is_some_and(|authority| !is_valid(authority)) {
        return Err(malformed()
            .detail("The authority of the request target is not a host with an optional port."));
    }
    let is_multiplexed = request.version() == Version::HTTP_2;
    match (host, authority) {
        (None, None) if is_multiplexed => Err(malformed().detail("The request has no :authority.")),
        (None, _) if request.version() == Version::HTTP_11 => {
            Err(malformed().detail("The request has no Host."))
        }
        (Some(host), Some(authority))
            if is_multiplexed && !are_equal(host, authority, uri.scheme_str()) =>
        {
            Err(malformed().detail("The Host differs from the :authority."))
        }
        _ => Ok(()),
    }
}

fn malformed() -> Problem {
    Problem::new(&codes::MALFORMED_REQUEST)
}

/// Tests for `uri-host [ ":" port ]`. The host may be empty, as in the `Host` of
/// a target without one.
fn is_valid(host: &str) -> bool {
    let (name, port) = split(host);
    let is_name = match name.strip_prefix('[') {
        Some(literal) => literal
            .strip_suffix(']')
            .is_some_and(|literal| literal.parse::<Ipv6Addr>().is_ok()),
        None => is_registered_name(name),
    };
    is_name && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Tests for a registered name or an IPv4 address (RFC 3986, section 3.2.2).
fn is_registered_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    while let Some(byte) = bytes.next() {
        let is_valid = match byte {
            b'%' => {
                let digits = [bytes.next(), bytes.next()];
                digits
                    .iter()
                    .all(|it| it.is_some_and(|it| it.is_ascii_hexdigit()))
            }
            _ => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte),
        };
        if !is_valid {
            return false;
        }
    }
    true
}

/// Splits a host from its port, which may be missing.
fn split(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        // The colon may be within an IPv6 address.
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (host, ""),
    }
}

/// Compares hosts regardless of case and of the port of the scheme.
fn are_equal(a: &str, b: &str, scheme: Option<&str>) -> bool {
    let default = if scheme == Some("https") { "443" } else { "80" };
    let normal = |host| {
        let (name, port) = split(host);
        let port = if port.is_empty() { default } else { port };
        (name.to_ascii_lowercase(), port.to_owned())
    };
    normal(a) == normal(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_a_name_and_an_optional_port() {
        for valid in [
            "",
            "a",
            "a.example.com",
            "a_b.example.com:8080",
            "a:",
            "127.0.0.1:80",
            "[::1]",
            "[2001:db8::7]:8443",
            "b%C3%BCcher.example",
        ] {
            assert!(is_valid(valid), "{valid}");
        }
        for invalid in [
            "a b",
            "a, b",
            "a/b",
            "a:b",
            "a:80:90",
            "user@a",
            "::1",
            "[::1",
            "[::1]x",
            "[a]",
            "http://a",
            "a?b",
            "a#b",
            "a\\b",
            "b\u{fc}cher",
            "%zz",
            "%4",
            "\"a\"",
            "<a>",
        ] {
            assert!(!is_valid(invalid), "{invalid}");
        }
    }

    #[test]
    fn equal_hosts_may_be_spelled_differently() {
        for (a, b, scheme, expected) in [
            ("a.example", "A.Example", "http", true),
            ("a.example:80", "a.example", "http", true),
            ("a.example:", "a.example", "http", true),
            ("a.example:443", "a.example", "https", true),
            ("a.example:443", "a.example", "http", false),
            ("a.example:8080", "a.example", "http", false),
            ("a.example", "b.example", "http", false),
            ("[::1]:80", "[::1]", "http", true),
        ] {
            assert_eq!(are_equal(a, b, Some(scheme)), expected, "{a} {b} {scheme}");
        }
    }
}
