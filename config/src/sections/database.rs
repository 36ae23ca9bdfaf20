//! `database`: the metadata database.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::connection_url::ConnectionUrl;
use crate::problem::Problem;
use crate::profile::Profile;
use crate::server_url::{self, ServerUrl};

/// A database, selected by `kind` or by the scheme of `url`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DatabaseConfig {
    /// A SQLite file.
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
    /// The file as `sqlite:path`; by default `tenantry.db` in `app.data`.
    pub url: ConnectionUrl,
    /// The number of connections for reads.
    #[schemars(range(min = 1, max = 64))]
    pub readers: u32,
    /// The time to wait for another process to release a lock on the file, in seconds.
    #[schemars(range(max = 600))]
    pub busy_timeout_seconds: u64,
    /// The maximum number of commits in the queue. Further commits fail with the error `busy`.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub queue_length: usize,
    /// The maximum number of commits in one transaction.
    #[schemars(range(min = 1, max = 10_000))]
    pub group: usize,
    /// The time to wait at startup for a file that another process has locked, in seconds.
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
    /// The URL of the database, `postgres://user:password@host:5432/name`.
    pub url: ConnectionUrl,
    /// The URL of the same database with a user that may change its schema, if `url` has another
    /// user.
    pub migrate_url: Option<ConnectionUrl>,
    /// The name of the database, if `url` has none.
    #[schemars(length(min = 1, max = 63))]
    pub name: Option<String>,
    /// Row-level security, which isolates tenants even if a query lacks its filter.
    #[serde(default)]
    pub row_security: RowSecurityConfig,
    /// Whether statements stay prepared on a connection. By default they do, unless a pooler shares
    /// connections between transactions. `true` suits PgBouncer with `max_prepared_statements`.
    pub prepared_statements: Option<bool>,
    /// The maximum number of open connections.
    #[serde(default = "max_connections")]
    #[schemars(range(min = 2, max = 1000))]
    pub max_connections: u32,
    /// The timeout of a read, including the wait for a free connection, in milliseconds. While the
    /// server does not respond, requests fail immediately.
    #[serde(default = "answer_within_ms")]
    #[schemars(range(min = 100, max = 60_000))]
    pub answer_within_ms: u64,
    /// The maximum number of commits in the queue. Further commits fail with the error `busy`.
    #[serde(default = "queue_length")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub queue_length: usize,
    /// The maximum number of commits of one tenant in one transaction.
    #[serde(default = "group")]
    #[schemars(range(min = 1, max = 10_000))]
    pub group: usize,
    /// The time to wait at startup for an unreachable server, in seconds.
    #[serde(default = "connect_wait_seconds")]
    #[schemars(range(max = 3600))]
    pub connect_wait_seconds: u64,
}

/// Row-level security of PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RowSecurityConfig {
    /// Whether transactions of a tenant use a role that can access only the rows of that tenant.
    pub enabled: bool,
    /// Whether reads of a single statement use the role too; `false` saves them a transaction.
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
    /// The URL of the database, `mongodb://user:password@host:27017/name` or `mongodb+srv://…`.
    pub url: ConnectionUrl,
    /// The name of the database, if `url` has none.
    #[schemars(length(min = 1, max = 63))]
    pub name: Option<String>,
    /// The maximum number of open connections.
    #[serde(default = "max_mongodb_connections")]
    #[schemars(range(min = 2, max = 1000))]
    pub max_connections: u32,
    /// The timeout of a request to the server, in milliseconds.
    #[serde(default = "answer_within_ms")]
    #[schemars(range(min = 100, max = 60_000))]
    pub answer_within_ms: u64,
    /// The maximum number of commits in the queue. Further commits fail with the error `busy`.
    #[serde(default = "queue_length")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub queue_length: usize,
    /// The maximum number of commits written as one.
    #[serde(default = "group")]
    #[schemars(range(min = 1, max = 10_000))]
    pub group: usize,
    /// The time to wait at startup for an unreachable server, in seconds.
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
    /// Returns the value of `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
            Self::Mongodb(_) => "mongodb",
        }
    }

    /// Returns the kind of database for a URL scheme.
    pub(crate) fn kind_of_scheme(scheme: &str) -> Option<&'static str> {
        match scheme {
            "sqlite" => Some("sqlite"),
            "postgres" | "postgresql" => Some("postgres"),
            "mongodb" | "mongodb+srv" => Some("mongodb"),
            _ => None,
        }
    }

    /// Rejects a URL that is not valid or of another kind, a missing database name, and one that
    /// differs from the URL.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        match self {
            Self::Sqlite(sqlite) => self.validate_scheme("database.url", &sqlite.url),
            Self::Postgres(postgres) => {
                let rules = &server_url::POSTGRES;
                self.validate_url("database.url", &postgres.url, rules)?;
                if let Some(url) = &postgres.migrate_url {
                    self.validate_url("database.migrate_url", url, rules)?;
                }
                validate_name(&postgres.url, postgres.name.as_deref())
            }
            Self::Mongodb(mongodb) => {
                self.validate_url("database.url", &mongodb.url, &server_url::MONGODB)?;
                validate_name(&mongodb.url, mongodb.name.as_deref())
            }
        }
    }

    fn validate_url(
        &self,
        key: &str,
        url: &ConnectionUrl,
        rules: &ServerUrl,
    ) -> Result<(), Problem> {
        self.validate_scheme(key, url)?;
        url.validate(key, rules)
    }

    fn validate_scheme(&self, key: &str, url: &ConnectionUrl) -> Result<(), Problem> {
        if Self::kind_of_scheme(url.scheme()) == Some(self.kind()) {
            return Ok(());
        }
        // The message omits the value, which may be a password in the wrong place.
        let reason = format!("is not the URL of a database of kind {}", self.kind());
        Err(Problem::new(key, reason))
    }
}

fn validate_name(url: &ConnectionUrl, name: Option<&str>) -> Result<(), Problem> {
    let reason = match (url.database_name(), name) {
        (Some(in_url), Some(name)) if in_url != name => {
            format!("is {name:?}, but database.url has {in_url:?}; remove one of them")
        }
        (None, None) => "missing; set it or add the name to database.url".to_owned(),
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
        result.map_or_else(|problem| problem.to_string(), |()| "ok".to_owned())
    }

    #[test]
    fn the_url_must_match_the_kind_and_the_name() {
        let json = |kind: &str, url: &str| serde_json::json!({ "kind": kind, "url": url });
        assert_eq!(line(&json("postgres", "postgresql://h/db")), "ok");
        assert_eq!(line(&json("mongodb", "mongodb+srv://h/db")), "ok");
        assert_eq!(line(&json("sqlite", "sqlite://a.db")), "ok");
        assert!(line(&json("sqlite", "postgres://h/db")).contains("kind sqlite"));
        assert!(line(&json("postgres", "postgres://h")).contains("database.name: missing"));
        let mut both = json("mongodb", "mongodb://h/db");
        both["name"] = "other".into();
        assert!(line(&both).contains("database.url has \"db\""));
    }
}
