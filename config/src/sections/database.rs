//! `database`: the store of everything but file contents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::connection_url::ConnectionUrl;
use crate::problem::Problem;
use crate::profile::Profile;

/// Which database, and its own keys. `kind` may be left out where `url` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DatabaseConfig {
    /// One file, served by this process alone.
    Sqlite(SqliteConfig),
    /// A PostgreSQL server.
    Postgres(PostgresConfig),
    /// A MongoDB server or replica set.
    Mongodb(MongodbConfig),
}

/// A SQLite file with one writer and several readers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SqliteConfig {
    /// The file as `sqlite:path`; `tenantry.db` in the folder `app.data` where none is given.
    pub url: ConnectionUrl,
    /// Connections that read.
    #[schemars(range(min = 1, max = 64))]
    pub readers: u32,
    /// Seconds to wait for a lock that another process holds on the file.
    #[schemars(range(max = 600))]
    pub busy_timeout_seconds: u64,
    /// Commits that may wait for the writer; further ones are answered `busy`.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub queue_length: usize,
    /// Most commits written in one transaction.
    #[schemars(range(min = 1, max = 10_000))]
    pub group: usize,
    /// Seconds the start waits for a file that another process holds.
    #[schemars(range(max = 3600))]
    pub connect_wait_seconds: u64,
}

impl Default for SqliteConfig {
    fn default() -> Self {
        Self {
            url: ConnectionUrl::new("sqlite:./data/tenantry.db"),
            readers: 4,
            busy_timeout_seconds: 5,
            queue_length: 1024,
            group: 128,
            connect_wait_seconds: 30,
        }
    }
}

/// A PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostgresConfig {
    /// The server as `postgres://user:password@host:5432/name`.
    pub url: ConnectionUrl,
    /// The same database with a login that may change its schema, where that is another one.
    pub migrate_url: Option<ConnectionUrl>,
    /// The database, where `url` names none.
    #[schemars(length(min = 1, max = 63))]
    pub name: Option<String>,
    /// Row-level security as a second wall between tenants.
    #[serde(default)]
    pub row_security: RowSecurityConfig,
    /// Most connections open at once.
    #[serde(default = "max_connections")]
    #[schemars(range(min = 2, max = 1000))]
    pub max_connections: u32,
    /// Milliseconds within which the server must answer a read, the wait for a free connection
    /// included; while it gives no sign of life everything is refused at once.
    #[serde(default = "answer_within_ms")]
    #[schemars(range(min = 100, max = 60_000))]
    pub answer_within_ms: u64,
    /// Commits that may wait to be written; further ones are answered `busy`.
    #[serde(default = "queue_length")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub queue_length: usize,
    /// Most commits of one tenant written in one transaction.
    #[serde(default = "group")]
    #[schemars(range(min = 1, max = 10_000))]
    pub group: usize,
    /// Seconds the start waits for a server that refuses connections.
    #[serde(default = "connect_wait_seconds")]
    #[schemars(range(max = 3600))]
    pub connect_wait_seconds: u64,
}

/// Row-level security of PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RowSecurityConfig {
    /// Whether tenant transactions run as a role that sees one tenant's rows only.
    pub enabled: bool,
    /// Whether reads of a single statement do so too; turning it off saves them a transaction.
    pub reads: bool,
}

impl Default for RowSecurityConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            reads: true,
        }
    }
}

/// A MongoDB server or replica set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MongodbConfig {
    /// The server as `mongodb://user:password@host:27017/name` or `mongodb+srv://…`.
    pub url: ConnectionUrl,
    /// The database, where `url` names none.
    #[schemars(length(min = 1, max = 63))]
    pub name: Option<String>,
    /// Most connections open at once.
    #[serde(default = "max_mongodb_connections")]
    #[schemars(range(min = 2, max = 1000))]
    pub max_connections: u32,
    /// Milliseconds within which the server must answer.
    #[serde(default = "answer_within_ms")]
    #[schemars(range(min = 100, max = 60_000))]
    pub answer_within_ms: u64,
    /// Commits that may wait to be written; further ones are answered `busy`.
    #[serde(default = "queue_length")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub queue_length: usize,
    /// Most commits written as one.
    #[serde(default = "group")]
    #[schemars(range(min = 1, max = 10_000))]
    pub group: usize,
    /// Seconds the start waits for a server that refuses connections.
    #[serde(default = "connect_wait_seconds")]
    #[schemars(range(max = 3600))]
    pub connect_wait_seconds: u64,
}

fn max_connections() -> u32 {
    16
}

fn max_mongodb_connections() -> u32 {
    32
}

fn answer_within_ms() -> u64 {
    1500
}

fn queue_length() -> usize {
    SqliteConfig::default().queue_length
}

fn group() -> usize {
    SqliteConfig::default().group
}

fn connect_wait_seconds() -> u64 {
    SqliteConfig::default().connect_wait_seconds
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self::Sqlite(SqliteConfig::default())
    }
}

impl DatabaseConfig {
    /// The value of `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
            Self::Mongodb(_) => "mongodb",
        }
    }

    /// The kind that serves URLs of this scheme, if any.
    pub(crate) fn kind_of_scheme(scheme: &str) -> Option<&'static str> {
        match scheme {
            "sqlite" => Some("sqlite"),
            "postgres" | "postgresql" => Some("postgres"),
            "mongodb" | "mongodb+srv" => Some("mongodb"),
            _ => None,
        }
    }

    /// Refuses a URL of another kind, and a name that the URL contradicts or that is missing.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        match self {
            Self::Sqlite(sqlite) => self.validate_scheme("database.url", &sqlite.url),
            Self::Postgres(postgres) => {
                self.validate_scheme("database.url", &postgres.url)?;
                if let Some(url) = &postgres.migrate_url {
                    self.validate_scheme("database.migrate_url", url)?;
                }
                validate_name(&postgres.url, postgres.name.as_deref())
            }
            Self::Mongodb(mongodb) => {
                self.validate_scheme("database.url", &mongodb.url)?;
                validate_name(&mongodb.url, mongodb.name.as_deref())
            }
        }
    }

    fn validate_scheme(&self, key: &str, url: &ConnectionUrl) -> Result<(), Problem> {
        if Self::kind_of_scheme(url.scheme()) == Some(self.kind()) {
            return Ok(());
        }
        // Without the value: a text that is no URL may be a password in the wrong place.
        let reason = format!("is not the url of a database of kind {}", self.kind());
        Err(Problem::new(key, reason))
    }
}

fn validate_name(url: &ConnectionUrl, name: Option<&str>) -> Result<(), Problem> {
    let reason = match (url.database_name(), name) {
        (Some(in_url), Some(name)) if in_url != name => {
            format!("{name:?}, but database.url names {in_url:?}")
        }
        (None, None) => "missing, and database.url names no database".to_owned(),
        _ => return Ok(()),
    };
    Err(Problem::new("database.name", reason))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn line(database: &serde_json::Value) -> String {
        let database: DatabaseConfig = serde_json::from_value(database.clone()).unwrap();
        let result = database.validate(Profile::Production);
        result.map_or_else(|problem| problem.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn the_url_must_fit_the_kind_and_name_one_database() {
        let json = |kind: &str, url: &str| serde_json::json!({ "kind": kind, "url": url });
        assert_eq!(line(&json("postgres", "postgresql://h/db")), "fine");
        assert_eq!(line(&json("mongodb", "mongodb+srv://h/db")), "fine");
        assert_eq!(line(&json("sqlite", "sqlite://a.db")), "fine");
        assert!(line(&json("sqlite", "postgres://h/db")).contains("kind sqlite"));
        assert!(line(&json("postgres", "postgres://h")).contains("database.name: missing"));
        let mut both = json("mongodb", "mongodb://h/db");
        both["name"] = "other".into();
        assert!(line(&both).contains("database.url names \"db\""));
    }
}
