//! The address of a database or cache, which may carry a password.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

use crate::secret::REDACTED;

/// A connection URL such as `postgres://user:password@host:5432/name`.
///
/// Kept as text, since drivers accept more than a URL parser does (several hosts for `MongoDB`,
/// `sqlite:relative/path`). `Debug`, `Display` and `Serialize` hide the password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ConnectionUrl(String);

impl ConnectionUrl {
    /// Takes the text as it is; the section's `validate` looks at the scheme.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The URL of a `SQLite` file.
    pub fn sqlite(file: &Path) -> Self {
        // What the driver would read as an escape or as the start of the options.
        let path = file.to_string_lossy().replace('%', "%25");
        Self(format!("sqlite:{}", path.replace('?', "%3f")))
    }

    /// The whole text, password included; for the driver only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What stands before the first colon: `postgres`, `sqlite`, `mongodb+srv`…; empty without one.
    pub fn scheme(&self) -> &str {
        self.0.split_once(':').map_or("", |(scheme, _)| scheme)
    }

    /// The database a server's URL names, if any: the path without its slash.
    pub fn database_name(&self) -> Option<&str> {
        let (_, after) = self.0.split_once("://")?;
        let after = after.rsplit_once('@').map_or(after, |(_, host)| host);
        let (_, path) = after.split_once('/')?;
        let name = path.split(['?', '#']).next().unwrap_or_default();
        (!name.is_empty()).then_some(name)
    }

    /// The same with this database, where a server's URL names none.
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

    /// The file a `sqlite:` URL names; absent for a database in memory or another scheme.
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

    /// The text with the password and secret-looking options hidden.
    pub fn redacted(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            return self.0.clone();
        };
        // A question mark inside a password: nothing after it can be told apart.
        if rest
            .split_once('?')
            .is_some_and(|(_, end)| end.contains('@'))
        {
            return format!("{scheme}://{REDACTED}");
        }
        let (address, options) = match rest.split_once('?') {
            Some((address, options)) => (address, Some(options)),
            None => (rest, None),
        };
        // The last `@` counts, so that a password with an unescaped `@` or `/` is hidden whole.
        let address = match address.rsplit_once('@') {
            Some((login, host)) => match login.split_once(':') {
                Some((user, _)) => format!("{user}:{REDACTED}@{host}"),
                None => address.to_owned(),
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
    !["password", "secret", "token", "key"]
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
    fn passwords_are_hidden_whatever_they_contain() {
        for (url, shown) in [
            ("postgres://u:p@h/db", "postgres://u:[redacted]@h/db"),
            ("postgres://u:p@ss/w@h/db", "postgres://u:[redacted]@h/db"),
            ("postgres://u:p?x@h/db", "postgres://[redacted]"),
            ("redis://:p@h:6379/0", "redis://:[redacted]@h:6379/0"),
            (
                "postgres://h/db?sslmode=require&sslpassword=p",
                "postgres://h/db?sslmode=require&sslpassword=[redacted]",
            ),
            ("mongodb://u@a,b/db", "mongodb://u@a,b/db"),
            ("sqlite:./data/tenantry.db", "sqlite:./data/tenantry.db"),
        ] {
            assert_eq!(ConnectionUrl::new(url).redacted(), shown);
        }
    }

    #[test]
    fn a_url_without_a_database_takes_one() {
        for (url, with) in [
            ("postgres://u:p@h:5432", "postgres://u:p@h:5432/db"),
            ("postgres://h/", "postgres://h/db"),
            ("postgres://u:p@h?a=b", "postgres://u:p@h/db?a=b"),
            ("postgres://h/other", "postgres://h/other"),
        ] {
            let url = ConnectionUrl::new(url).with_database_name("db");
            assert_eq!(url.expose(), with);
        }
    }

    #[test]
    fn the_parts_of_a_url() {
        let url = ConnectionUrl::new("mongodb://u:p@a:1,b:2/main?replicaSet=r");
        assert_eq!(url.scheme(), "mongodb");
        assert_eq!(url.database_name(), Some("main"));
        assert_eq!(ConnectionUrl::new("postgres://h").database_name(), None);
        assert_eq!(ConnectionUrl::new("postgres://h/").database_name(), None);
    }

    #[test]
    fn a_sqlite_file_survives_the_round_trip() {
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
