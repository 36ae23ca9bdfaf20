//! Builds a server URL from variables for its parts.

use std::net::Ipv6Addr;

use url::Url;

use crate::assignments::{Assignments, conflict};
use crate::problem::Problem;
use crate::variables::{Variable, Variables};

/// A server URL and the variables for its parts.
pub(super) struct Server {
    pub(super) key: &'static str,
    /// The URL before any part is set, with the default port.
    pub(super) base: &'static str,
    /// The variables; the first is the host, without which the others are ignored.
    pub(super) parts: &'static [(&'static str, Part)],
}

/// A part of a URL.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Host,
    Port,
    User,
    Password,
    /// The path: a database on the server.
    Path,
}

impl Server {
    /// Sets the key to the URL made of the parts. If the key is already set, rejects a part that
    /// differs from it.
    ///
    /// Returns the variable of the host if it set the key.
    pub(super) fn assign<'v>(
        &self,
        variables: &'v Variables,
        assignments: &mut Assignments,
    ) -> Result<Option<&'v Variable>, Problem> {
        let given = self
            .parts
            .iter()
            .filter_map(|(name, part)| Some((*part, variables.get(name)?)));
        if let Some(url) = assignments.get(self.key) {
            let text = url.value.as_str().unwrap_or_default();
            for (part, variable) in given {
                if !self.contains(text, part, &variable.value) {
                    return Err(conflict(
                        self.key,
                        &url.name,
                        &variable.name,
                        &variable.origin,
                    ));
                }
            }
            return Ok(None);
        }
        let host = self.parts.first().and_then(|(name, _)| variables.get(name));
        let (Some(host), Ok(mut url)) = (host, Url::parse(self.base)) else {
            return Ok(None);
        };
        for (part, variable) in given {
            if part.put(&mut url, &variable.value).is_none() {
                let reason = format!("{} is not a valid part of a URL", variable.name);
                return Err(Problem::new(self.key, reason).from_origin(&variable.origin));
            }
        }
        assignments.set(self.key, url.as_str(), host);
        Ok(Some(host))
    }

    /// Returns whether setting the part leaves the URL unchanged.
    fn contains(&self, url: &str, part: Part, value: &str) -> bool {
        let (Ok(url), Ok(base)) = (Url::parse(url), Url::parse(self.base)) else {
            return false;
        };
        let mut full = url;
        if full.port().is_none() && full.set_port(base.port()).is_err() {
            return false;
        }
        if matches!(full.path(), "" | "/") {
            full.set_path(base.path());
        }
        let mut changed = full.clone();
        part.put(&mut changed, value).is_some() && changed == full
    }
}

impl Part {
    /// Sets this part of `url`.
    fn put(self, url: &mut Url, value: &str) -> Option<()> {
        match self {
            Self::Host => match value.parse::<Ipv6Addr>() {
                Ok(address) => url.set_ip_host(address.into()).ok(),
                Err(_) => url.set_host(Some(value)).ok(),
            },
            Self::Port => url.set_port(Some(value.trim().parse().ok()?)).ok(),
            Self::User => url.set_username(value).ok(),
            Self::Password => url.set_password(Some(value)).ok(),
            Self::Path => {
                url.set_path(value);
                Some(())
            }
        }
    }
}
