//! URLs of databases and caches, which may contain a password.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

use crate::problem::Problem;
use crate::secret::REDACTED;
use crate::server_url::{self, ServerUrl};

/// The schemes of URLs whose harmless parts are shown. Any other text may be a password.
const SCHEMES: &[&str] = &[
    "postgres",
    "postgresql",
    "mongodb",
    "mongodb+srv",
    "redis",
    "rediss",
    "http",
    "https",
];

/// A connection URL such as `postgres://user:password@host:5432/name`.
///
/// Stored as text, since drivers accept more than a URL parser does (multiple `MongoDB` hosts,
/// `sqlite:relative/path`). `Debug`, `Display` and `Serialize` redact the password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ConnectionUrl(String);

impl ConnectionUrl {
    /// Wraps the text without checking it; the `validate` of the section checks the scheme.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the URL of a `SQLite` file.
    pub fn sqlite(file: &Path) -> Self {
        // The driver decodes percent-escapes and starts the options at `?`.
        let path = file.to_string_lossy().replace('%', "%25");
        Self(format!("sqlite:{}", path.replace('?', "%3f")))
    }

    /// Returns the text including the password, for the driver only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the text before the first colon, such as `postgres` or `mongodb+srv`; empty if there
    /// is no colon.
    pub fn scheme(&self) -> &str {
        self.0.split_once(':').map_or("", |(scheme, _)| scheme)
    }

    /// Returns the database of a server URL: the path without its leading slash.
    pub fn database_name(&self) -> Option<&str> {
        let (_, after) = self.0.split_once("://")?;
        let after = after.rsplit_once('@').map_or(after, |(_, host)| host);
        let (_, path) = after.split_once('/')?;
        let name = path.split(['?', '#']).next().unwrap_or_default();
        (!name.is_empty()).then_some(name)
    }

    /// Sets the database of a server URL that has no database.
    #[must_use]
    pub fn with_database_name(&self, name: &str) -> Self {
        if self.database_name().is_some() {
            return self.clone();
        }
        let host = self.0.rfind('@').or(self.0.find("://")).unwrap_or(0);
        let options = self.0[host..].find(['?', '#']).map(|at| host + at);
        let (server, options) = self.0.split_at(options.unwrap_or(self.0.len()));
        Self(format!("{}/{name}{options}", server.trim_end_matches('/')))
    }

    /// Returns the file of a `sqlite:` URL, or `None` for an in-memory database or another scheme.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        let rest = self.0.strip_prefix("sqlite:")?;
        let path = rest.strip_prefix("//").unwrap_or(rest);
        let path = path.split('?').next().unwrap_or_default();
        if path.is_empty() || path == ":memory:" {
            return None;
        }
        let path = path.replace("%3f", "?").replace("%3F", "?");
        Some(PathBuf::from(path.replace("%25", "%")))
    }

    /// Rejects a URL that drivers do not accept or would misread.
    pub(crate) fn validate(&self, key: &str, rules: &ServerUrl) -> Result<(), Problem> {
        match rules.fault(&self.0) {
            Some(fault) => Err(Problem::new(key, fault)),
            None => Ok(()),
        }
    }

    /// Returns the text with the password and options such as `sslpassword` redacted.
    pub fn redacted(&self) -> String {
        if self.scheme() == "sqlite" {
            return self.0.clone();
        }
        let url = self.0.split_once("://");
        let Some((scheme, rest)) = url.filter(|(scheme, _)| SCHEMES.contains(scheme)) else {
            return REDACTED.to_owned();
        };
        // Reserved characters in a password make the rest ambiguous.
        if server_url::ANY.fault(&self.0).is_some() {
            return format!("{scheme}://{REDACTED}");
        }
        let (address, options) = match rest.split_once('?') {
            Some((address, options)) => (address, Some(options)),
            None => (rest, None),
        };
        // The last `@` counts, so that a password with an unescaped `@` is redacted entirely.
        let address = match address.rsplit_once('@') {
            Some((login, host)) => match login.split_once(':') {
                Some((user, _)) => format!("{user}:{REDACTED}@{host}"),
                // A user, or a password in its place.
                None => format!("{REDACTED}@{host}"),
            },
            None => address.to_owned(),
        };
        match options.map(redacted_options) {
            Some(options) => format!("{scheme}://{address}?{options}"),
            None => format!("{scheme}://{address}"),
        }
    }
}

fn redacted_options(options: &str) -> String {
    let hide = |option: &str| match option.split_once('=') {
        Some((name, _)) if !is_harmless(name) => format!("{name}={REDACTED}"),
        _ => option.to_owned(),
    };
    options.split('&').map(hide).collect::<Vec<_>>().join("&")
}

fn is_harmless(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !["password", "secret", "token", "key", "mechanism"]
        .iter()
        .any(|word| name.contains(word))
}

impl fmt::Display for ConnectionUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.redacted())
    }
}

impl fmt::Debug for ConnectionUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.redacted())
    }
}

impl Serialize for ConnectionUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.redacted())
    }
}

impl JsonSchema for ConnectionUrl {
    fn schema_name() -> Cow<'static, str> {
        "ConnectionUrl".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "writeOnly": true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_redacted() {
        for (url, redacted) in [
            ("postgres://u:p@h/db", "postgres://u:[redacted]@h/db"),
            ("postgres://u:p@ss@h/db", "postgres://u:[redacted]@h/db"),
            ("postgres://u:p@ss/w@h/db", "postgres://[redacted]"),
            ("postgres://u:p?x@h/db", "postgres://[redacted]"),
            ("postgres://u:p#x@h/db", "postgres://[redacted]"),
            ("postgres://u:pass", "postgres://[redacted]"),
            ("pass", "[redacted]"),
            ("redis://:p@h:6379/0", "redis://:[redacted]@h:6379/0"),
            (
                "postgres://h/db?sslmode=require&sslpassword=p",
                "postgres://h/db?sslmode=require&sslpassword=[redacted]",
            ),
            ("mongodb://u@a,b/db", "mongodb://[redacted]@a,b/db"),
            ("sqlite:./data/tenantry.db", "sqlite:./data/tenantry.db"),
        ] {
            assert_eq!(ConnectionUrl::new(url).redacted(), redacted);
        }
    }

    #[test]
    fn a_missing_database_name_is_added() {
        for (url, expected) in [
            ("postgres://u:p@h:5432", "postgres://u:p@h:5432/db"),
            ("postgres://h/", "postgres://h/db"),
            ("postgres://u:p@h?a=b", "postgres://u:p@h/db?a=b"),
            ("postgres://h/other", "postgres://h/other"),
        ] {
            let url = ConnectionUrl::new(url).with_database_name("db");
            assert_eq!(url.expose(), expected);
        }
    }

    #[test]
    fn scheme_and_database_are_parsed() {
        let url = ConnectionUrl::new("mongodb://u:p@a:1,b:2/main?replicaSet=r");
        assert_eq!(url.scheme(), "mongodb");
        assert_eq!(url.database_name(), Some("main"));
        assert_eq!(ConnectionUrl::new("postgres://h").database_name(), None);
        assert_eq!(ConnectionUrl::new("postgres://h/").database_name(), None);
    }

    #[test]
    fn sqlite_files_round_trip() {
        let file = Path::new("./50% data?/tenantry.db");
        assert_eq!(
            ConnectionUrl::sqlite(file).sqlite_file().as_deref(),
            Some(file)
        );
        let url = ConnectionUrl::new("sqlite:///srv/t.db?mode=rwc");
        assert_eq!(url.sqlite_file(), Some(PathBuf::from("/srv/t.db")));
        assert_eq!(ConnectionUrl::new("sqlite::memory:").sqlite_file(), None);
    }
}
