//! Faults of the URLs of servers. A fault names the part of the URL, never its text, which may
//! contain a password in the wrong place.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use percent_encoding::percent_decode_str;

/// The rules of the URLs of a kind of server.
pub(crate) struct ServerUrl {
    /// Whether a list of hosts is allowed.
    pub(crate) several_hosts: bool,
    /// Whether the driver requires that reserved characters in the login are percent-encoded.
    pub(crate) strict_login: bool,
    /// Whether the driver has a default for a URL without login and host.
    pub(crate) default_host: bool,
    /// The options that replace the host.
    pub(crate) host_options: &'static [&'static str],
    /// Returns the required form of the value of an option, if the value has another.
    pub(crate) option: fn(name: &str, value: &str) -> Option<&'static str>,
}

/// Options whose values may contain an `@`.
const WITH_AT: &[&str] = &["user", "password", "options", "application_name"];

const AT_AFTER_HOST: &str =
    "has an @ after the host; percent-encode / as %2F, ? as %3F and @ as %40 in user and password";
const FRAGMENT: &str = "contains a #; percent-encode it as %23";
const PORT: &str = "the port is not a number from 1 to 65535; percent-encode / as %2F, ? as %3F \
                    and @ as %40 in user and password";
const HOST: &str = "the host is not valid; percent-encode / as %2F, ? as %3F and @ as %40 in user \
                    and password, and put an IPv6 address in brackets";

impl ServerUrl {
    /// Returns the first fault of a URL, after a check of its scheme.
    pub(crate) fn fault(&self, url: &str) -> Option<String> {
        self.check(url).err()
    }

    fn check(&self, url: &str) -> Result<(), String> {
        let Some((_, rest)) = url.split_once("://") else {
            return Err("has no // after the scheme".to_owned());
        };
        if url.trim() != url || url.chars().any(char::is_control) {
            return Err("begins or ends with a space, or contains a line break or tab".to_owned());
        }
        if rest.contains('#') {
            return Err(FRAGMENT.to_owned());
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        let (login, hosts) = match authority.rsplit_once('@') {
            Some((login, hosts)) => (Some(login), hosts),
            None => (None, authority),
        };
        if path.contains('@') {
            return Err(AT_AFTER_HOST.to_owned());
        }
        self.check_login(login.unwrap_or_default())?;
        let options = self.check_options(query)?;
        let is_replaced = options.iter().any(|name| self.host_options.contains(name));
        if hosts.is_empty() && (is_replaced || (self.default_host && authority.is_empty())) {
            return Ok(());
        }
        if hosts.contains(',') && !self.several_hosts {
            return Err("names several hosts; set one".to_owned());
        }
        hosts.split(',').try_for_each(check_host)
    }

    fn check_login(&self, login: &str) -> Result<(), String> {
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        for (part, text) in [("user", user), ("password", password)] {
            if decoded(text).is_none() {
                return Err(format!("the {part} is not UTF-8 after percent-decoding"));
            }
            if self.strict_login && has_reserved(text) {
                return Err(format!(
                    "the {part} contains one of : @ [ ] or a % that is not percent-encoded"
                ));
            }
        }
        Ok(())
    }

    /// Returns the names of the options.
    fn check_options<'u>(&self, query: &'u str) -> Result<Vec<&'u str>, String> {
        let mut names = Vec::new();
        for option in query.split('&').filter(|option| !option.is_empty()) {
            let pair = option.split_once('=');
            let is_name = |name: &str| {
                let mut letters = name.chars();
                letters.all(|c| c.is_ascii_alphanumeric() || "_-.[]".contains(c))
            };
            let Some((name, value)) = pair.filter(|(name, _)| is_name(name)) else {
                return Err(
                    "has an option that is not name=value; percent-encode ? as %3F in user \
                            and password"
                        .to_owned(),
                );
            };
            if value.contains('@') && !WITH_AT.contains(&name) {
                return Err(AT_AFTER_HOST.to_owned());
            }
            // An unknown name may be a part of a password.
            let value = decoded(value).ok_or("an option is not UTF-8 after percent-decoding")?;
            let required = match name {
                "host" if value.contains(',') => Some("one host"),
                _ => (self.option)(name, &value),
            };
            if let Some(required) = required {
                return Err(format!("the option {name} must be {required}"));
            }
            names.push(name);
        }
        Ok(names)
    }
}

fn check_host(host: &str) -> Result<(), String> {
    let port = match host.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or(HOST)?;
            if address.parse::<Ipv6Addr>().is_err() {
                return Err(HOST.to_owned());
            }
            port.strip_prefix(':')
                .or(port.is_empty().then_some(""))
                .ok_or(HOST)?
        }
        None => {
            let (name, port) = host.split_once(':').unwrap_or((host, ""));
            if port.contains(':') {
                return Err(HOST.to_owned());
            }
            if name.is_empty() {
                return Err("has no host".to_owned());
            }
            // A percent-encoded path is a socket.
            let decoded = decoded(name).ok_or(HOST)?;
            let is_letter = |c: char| c.is_alphanumeric() || "-._".contains(c);
            if !decoded.starts_with('/') && !decoded.chars().all(is_letter) {
                return Err(HOST.to_owned());
            }
            port
        }
    };
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|port| port > 0);
    if port.is_empty() || is_port {
        return Ok(());
    }
    Err(PORT.to_owned())
}

fn has_reserved(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_escape = |at: usize| {
        let digits = bytes.get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        b':' | b'@' | b'[' | b']' => true,
        b'%' => !is_escape(at),
        _ => false,
    })
}

/// Decodes percent-escapes; a percent sign without two digits stays. `None` unless the result is
/// UTF-8.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(text).decode_utf8().ok()
}

/// Returns the required form of an option of PostgreSQL.
fn postgres_option(name: &str, value: &str) -> Option<&'static str> {
    const MODES: &[&str] = &[
        "disable",
        "allow",
        "prefer",
        "require",
        "verify-ca",
        "verify-full",
    ];
    let is_valid = match name {
        "sslmode" | "ssl-mode" => MODES.contains(&value.to_ascii_lowercase().as_str()),
        "port" => value.parse::<u16>().is_ok_and(|port| port > 0),
        "hostaddr" => value.parse::<IpAddr>().is_ok(),
        "statement-cache-capacity" => value.parse::<usize>().is_ok(),
        _ => true,
    };
    match name {
        _ if is_valid => None,
        "port" => Some("a number from 1 to 65535"),
        "hostaddr" => Some("an IP address"),
        "statement-cache-capacity" => Some("a number"),
        _ => Some("one of disable, allow, prefer, require, verify-ca, verify-full"),
    }
}

/// URLs of PostgreSQL.
pub(crate) const POSTGRES: ServerUrl = ServerUrl {
    several_hosts: false,
    strict_login: false,
    default_host: true,
    host_options: &["host", "hostaddr"],
    option: postgres_option,
};

/// URLs of MongoDB.
pub(crate) const MONGODB: ServerUrl = ServerUrl {
    several_hosts: true,
    strict_login: true,
    default_host: false,
    host_options: &[],
    option: |_, _| None,
};

/// URLs of Redis.
pub(crate) const REDIS: ServerUrl = ServerUrl {
    several_hosts: false,
    strict_login: false,
    default_host: false,
    host_options: &[],
    option: |_, _| None,
};

/// URLs of any server.
pub(crate) const ANY: ServerUrl = ServerUrl {
    several_hosts: true,
    strict_login: false,
    default_host: true,
    host_options: &["host", "hostaddr"],
    option: |_, _| None,
};

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(rules: &ServerUrl, url: &str) -> String {
        rules.fault(url).unwrap_or_default()
    }

    #[test]
    fn urls_as_deployed_are_accepted() {
        for url in [
            "postgres://app:p@h/db",
            "postgresql://app:p@ss:w@h:5432/db?sslmode=require&channel_binding=require",
            "postgres://app:100%@h/db?connect_timeout=10&application_name=a@b&pgbouncer=true",
            "postgres://app:p@/db?host=/cloudsql/project:region:instance",
            "postgres:///db",
            "postgres://%2Fvar%2Frun%2Fpostgresql/db",
            "postgres://app:p@[::1]:5432/db",
            "postgres://h/db?user=app@server&password=p@ss",
            "postgres://app@h/db?options=-c%20search_path%3Da",
            "postgres://postgres.project:p@aws-0-eu.pooler.supabase.com:6543/postgres",
        ] {
            assert_eq!(fault(&POSTGRES, url), "", "{url}");
        }
        assert_eq!(
            fault(&MONGODB, "mongodb://u:p%40@a:1,b:2/db?replicaSet=r"),
            ""
        );
        assert_eq!(fault(&REDIS, "rediss://:p@h:6379/0?protocol=resp3"), "");
    }

    #[test]
    fn faults_name_the_part() {
        for (url, part) in [
            ("postgres:app:p@h/db", "no //"),
            ("postgres://app:hunt#er2@h:5432/db", "contains a #"),
            (
                "postgres://app:hunt/er2@h:5432/db",
                "has an @ after the host",
            ),
            ("postgres://app:hunt?er2@h:5432/db", "an option"),
            ("postgres://app:12345?er2@h/db", "an option"),
            ("postgres://app:hunt?a=er2@h/db", "has an @ after the host"),
            ("postgres://app:a@b?c@h/db", "an option"),
            ("postgres://app:p@/db", "has no host"),
            ("postgres://app:p@:5432/db", "has no host"),
            ("postgres://app:p@a:1,b:2/db", "several hosts"),
            ("postgres://app:p@a,b/db", "several hosts"),
            ("postgres://h/db?host=a,b", "one host"),
            ("postgres://app:p@h:99999/db", "the port"),
            ("postgres://app:p@h:0/db", "the port"),
            ("postgres://app:hunter2", "the port"),
            ("postgres://app:p@::1/db", "IPv6"),
            ("postgres://app:p@[::1/db", "IPv6"),
            ("postgres://app:p@h o/db", "the host"),
            ("postgres://app:%ff@h/db", "the password is not UTF-8"),
            ("postgres://app:p@h/db?sslmode=on", "sslmode must be one of"),
            ("postgres://app:p@h/db?port=x", "port must be"),
            ("postgres://app:p@h/db?hunt=%ff", "an option is not UTF-8"),
            ("postgres://app:p@h/db ", "a space"),
            ("postgres://app:hunt\ter2@h/db", "tab"),
        ] {
            let fault = fault(&POSTGRES, url);
            assert!(fault.contains(part), "{url}: {fault}");
            assert!(
                !fault.contains("hunt") && !fault.contains("12345"),
                "{fault}"
            );
        }
        assert!(fault(&MONGODB, "mongodb://u:p@s@h/db").contains("the password contains"));
        assert!(fault(&MONGODB, "mongodb://u:100%@h/db").contains("the password contains"));
        assert!(fault(&REDIS, "redis:///0").contains("has no host"));
    }
}
