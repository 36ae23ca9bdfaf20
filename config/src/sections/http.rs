//! `http`: HTTP server, reverse proxies and timeouts.

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::host_name::is_host_name;
use super::networks;
use crate::problem::Problem;
use crate::profile::Profile;

/// HTTP server, reverse proxies and timeouts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// The address or host name to listen on; 0.0.0.0 in containers.
    pub host: String,
    /// The port to listen on; 0 selects a free port.
    pub port: u16,
    /// The base URL for clients, such as `https://files.example.com`. Links begin with it; cookies
    /// are secure if it uses HTTPS. A path, as in `https://example.com/files`, requires a proxy that
    /// removes it from requests.
    pub public_url: Option<Url>,
    /// The addresses and networks of trusted proxies, such as `10.0.0.0/8`. Forwarding headers of
    /// other peers are ignored.
    #[serde(with = "networks")]
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<IpNet>,
    /// The origins that may call the API from a browser, such as `https://app.example.com`.
    pub cors_origins: Vec<String>,
    /// The maximum number of open connections. A further one closes the one that has been idle
    /// longest; if none is idle, it is refused. Some more serve health checks only.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_connections: usize,
    /// The maximum number of open connections of one client address (for IPv6, of a /64 network).
    /// It does not apply to trusted proxies.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_connections_per_client: usize,
    /// The maximum number of requests that run at the same time; one tenant may use half of them.
    /// Further ones wait, and tenants take turns.
    #[schemars(range(min = 4, max = 100_000))]
    pub max_running_requests: usize,
    /// The timeout for the header section of a request, in seconds.
    #[schemars(range(min = 1, max = 300))]
    pub header_timeout_seconds: u64,
    /// The idle timeout of a connection between requests, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub idle_timeout_seconds: u64,
    /// The time after which a request or response body that progresses by less than 500 bytes per
    /// second is aborted, in seconds of waiting for the client.
    #[schemars(range(min = 1, max = 3600))]
    pub body_progress_timeout_seconds: u64,
    /// The time for requests in progress to finish when the service stops, in seconds.
    #[schemars(range(max = 3600))]
    pub shutdown_grace_seconds: u64,
    /// The maximum size of the header section of a request, in bytes.
    #[schemars(range(min = 4096, max = 1_048_576))]
    pub header_bytes: usize,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 8080,
            public_url: None,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            max_connections: 4096,
            max_connections_per_client: 512,
            max_running_requests: 64,
            header_timeout_seconds: 10,
            idle_timeout_seconds: 75,
            body_progress_timeout_seconds: 30,
            shutdown_grace_seconds: 20,
            header_bytes: 32 * 1024,
        }
    }
}

impl HttpConfig {
    /// Rejects a host with a port, a public URL that is not a base URL, and CORS origins that no
    /// browser would send.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        if self.host.parse::<std::net::IpAddr>().is_err()
            && !is_host_name(&self.host.to_ascii_lowercase())
        {
            let reason = format!("{:?} is not an address or host name", self.host);
            return Err(Problem::new("http.host", reason));
        }
        if let Some(url) = &self.public_url {
            validate_public_url(url).map_err(|reason| Problem::new("http.public_url", reason))?;
        }
        self.cors_origins
            .iter()
            .try_for_each(|origin| validate_origin(origin))
            .map_err(|reason| Problem::new("http.cors_origins", reason))
    }
}

fn validate_public_url(url: &Url) -> Result<(), &'static str> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must start with http:// or https://");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not contain a query or fragment");
    }
    if url.path().contains("//") {
        // Links that begin with two slashes would name another host.
        return Err("must not contain an empty path segment");
    }
    Ok(())
}

fn validate_origin(origin: &str) -> Result<(), String> {
    if origin == "*" {
        return Err(
            "\"*\" is not allowed for requests with credentials; list the origins".to_owned(),
        );
    }
    let Ok(url) = Url::parse(origin) else {
        return Err(format!(
            "{origin:?} is not an origin such as https://app.example.com"
        ));
    };
    let exact = url.origin().ascii_serialization();
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{origin:?} must start with http:// or https://"));
    }
    if exact != origin {
        // Browsers send exactly this form.
        return Err(format!("{origin:?} must be written as {exact:?}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn key_of(http: &HttpConfig) -> Option<String> {
        let result = http.validate(Profile::Production);
        result.err().map(|problem| problem.key().to_owned())
    }

    #[test]
    fn origins_must_have_the_form_that_browsers_send() {
        for (origin, valid) in [
            ("https://app.example.com", true),
            ("http://localhost:5173", true),
            ("https://app.example.com/", false),
            ("https://APP.example.com", false),
            ("app.example.com", false),
            ("null", false),
            ("*", false),
        ] {
            let cors_origins = vec![origin.to_owned()];
            let http = HttpConfig {
                cors_origins,
                ..HttpConfig::default()
            };
            assert_eq!(key_of(&http).is_none(), valid, "{origin}");
        }
    }

    #[test]
    fn hosts_and_public_urls_are_checked() {
        for (host, valid) in [
            ("::1", true),
            ("localhost", true),
            ("a:80", false),
            ("", false),
        ] {
            let http = HttpConfig {
                host: host.to_owned(),
                ..HttpConfig::default()
            };
            assert_eq!(key_of(&http).is_none(), valid, "{host}");
        }
        for (url, valid) in [
            ("https://files.example.com", true),
            ("https://example.com/files", true),
            ("https://example.com/files/", true),
            ("https://example.com//files", false),
            ("ftp://example.com", false),
            ("https://example.com/?a=b", false),
        ] {
            let public_url = Some(url.parse().unwrap());
            let http = HttpConfig {
                public_url,
                ..HttpConfig::default()
            };
            assert_eq!(key_of(&http).is_none(), valid, "{url}");
        }
    }
}
