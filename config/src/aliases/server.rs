//! A server given piece by piece: host, port, user and so on instead of a URL.

use std::net::Ipv6Addr;

use url::Url;

use crate::assignments::{Assignments, conflict};
use crate::problem::Problem;
use crate::variables::{Variable, Variables};

/// The names of the pieces, and what they become.
pub(super) struct Server {
    pub(super) key: &'static str,
    /// The URL without any piece, its port being the usual one.
    pub(super) base: &'static str,
    pub(super) pieces: &'static [(&'static str, Piece)],
}

/// A piece of a URL.
#[derive(Clone, Copy)]
pub(super) enum Piece {
    Host,
    Port,
    User,
    Password,
    /// The path: a database within the server.
    Path,
}

impl Server {
    /// Without a URL under the key, says the one that the pieces make; with one, refuses a piece
    /// that differs from it. The first piece, the host, decides whether the others mean anything.
    ///
    /// Gives back the variable of the host if a URL was made.
    pub(super) fn assign<'v>(
        &self,
        variables: &'v Variables,
        assignments: &mut Assignments,
    ) -> Result<Option<&'v Variable>, Problem> {
        let given = self
            .pieces
            .iter()
            .filter_map(|(name, piece)| Some((*piece, variables.get(name)?)));
        if let Some(url) = assignments.said_of(self.key) {
            let text = url.value.as_str().unwrap_or_default();
            for (piece, variable) in given {
                if !self.contains(text, piece, &variable.value) {
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
        let host = self
            .pieces
            .first()
            .and_then(|(name, _)| variables.get(name));
        let (Some(host), Ok(mut url)) = (host, Url::parse(self.base)) else {
            return Ok(None);
        };
        for (piece, variable) in given {
            if piece.put(&mut url, &variable.value).is_none() {
                let reason = format!("{} cannot be part of a url", variable.name);
                return Err(Problem::new(self.key, reason).from_origin(&variable.origin));
            }
        }
        assignments.say(self.key, url.as_str(), host);
        Ok(Some(host))
    }

    /// Whether a URL stays the same when the piece is put in.
    fn contains(&self, url: &str, piece: Piece, value: &str) -> bool {
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
        piece.put(&mut changed, value).is_some() && changed == full
    }
}

impl Piece {
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
