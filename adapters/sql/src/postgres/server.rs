//! The server at a URL.

use std::{str::FromStr, time::Duration};

use sea_orm::{DatabaseConnection, DbErr, RuntimeErr, SqlxPostgresConnector};
use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool, Row,
    postgres::{PgConnectOptions, PgPoolOptions},
    raw_sql,
};
use tenantry_application::ports::{PortError, PortErrorKind};

use crate::error::postgres::refused;

/// The options of a URL that the driver applies; it would log the values of others.
const APPLIED: &[&str] = &[
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

/// The number of prepared statements per connection.
const STATEMENTS: usize = 256;

/// The rounds in which two connections compare their server processes.
const ROUNDS: u32 = 4;

/// The address of a server with a login.
#[derive(Clone)]
pub(super) struct Server {
    options: PgConnectOptions,
    /// The key of the URL in the configuration.
    key: &'static str,
    /// Whether prepared statements stay on a connection, if the URL says so.
    prepared: Option<bool>,
}

impl Server {
    /// Parses the URL of a key of the configuration.
    pub(super) fn parse(url: &str, key: &'static str) -> Result<Self, PortError> {
        // The driver's message may contain the password.
        let invalid = |_| {
            let context = format!("connect to PostgreSQL: {key} is not a valid URL; correct it");
            PortError::new(PortErrorKind::Internal, context)
        };
        let (address, options) = url.split_once('?').unwrap_or((url, ""));
        let options = options.split('&').filter(|option| !option.is_empty());
        let pairs = options.map(|option| option.split_once('=').unwrap_or((option, "")));
        let (applied, ignored): (Vec<_>, Vec<_>) =
            pairs.partition(|(name, _)| APPLIED.contains(name) || name.starts_with("options["));
        let prepared = ignored.iter().find_map(|pair| match pair {
            ("pgbouncer", "true") | ("statement-cache-capacity", "0") => Some(false),
            _ => None,
        });
        let applied = applied
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let applied = applied.collect::<Vec<_>>().join("&");
        let url = format!("{}?{applied}", with_host(address));
        let mut options = PgConnectOptions::from_str(&url).map_err(invalid)?;
        if options.get_application_name().is_none() {
            options = options.application_name("tenantry");
        }
        let options = options
            // No column is a floating-point number, and poolers refuse the setting.
            .extra_float_digits(None)
            .disable_statement_logging();
        Ok(Self {
            options,
            key,
            prepared,
        })
    }

    /// Returns the server for use with or without statements that stay prepared.
    pub(super) fn prepared(mut self, is_prepared: bool) -> Self {
        let capacity = if is_prepared { STATEMENTS } else { 0 };
        self.options = self.options.statement_cache_capacity(capacity);
        self
    }

    /// Returns the name of the login.
    pub(super) fn login(&self) -> &str {
        self.options.get_username()
    }

    /// Opens a pool with its first connection.
    pub(super) async fn open(
        &self,
        connections: u32,
        timeout: Duration,
    ) -> Result<DatabaseConnection, DbErr> {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .min_connections(0)
            .test_before_acquire(false)
            .acquire_timeout(timeout)
            .connect_with(self.options.clone())
            .await
            .map_err(connection_error)?;
        Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
    }

    /// Returns whether statements may stay prepared on a connection. They may not if a
    /// pooler shares the processes of the server between transactions.
    pub(super) async fn keeps_statements(
        &self,
        configured: Option<bool>,
        timeout: Duration,
    ) -> Result<bool, PortError> {
        if let Some(prepared) = configured.or(self.prepared) {
            return Ok(prepared);
        }
        let db = self
            .open(2, timeout)
            .await
            .map_err(|error| self.refused(error))?;
        let pool = db.get_postgres_connection_pool();
        let is_shared = shares_processes(pool).await.map_err(connection_error);
        pool.close().await;
        let is_shared = is_shared.map_err(|error| self.refused(error))?;
        if is_shared {
            tracing::info!(
                "a pooler shares connections to PostgreSQL between transactions; statements are \
                 prepared for each transaction"
            );
        }
        Ok(!is_shared)
    }

    /// Returns the error of a failed connection attempt, without secrets.
    pub(super) fn refused(&self, error: DbErr) -> PortError {
        refused(&self.place(), self.key, error)
    }

    /// Returns the host and port, or the socket.
    fn place(&self) -> String {
        match self.options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", self.options.get_host(), self.options.get_port()),
        }
    }
}

/// Returns an address with a host, which the driver requires after a login.
fn with_host(address: &str) -> String {
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address[start..]
        .find('/')
        .map_or(address.len(), |at| start + at);
    let (authority, path) = address.split_at(end);
    let host = if authority.ends_with('@') {
        "localhost"
    } else {
        ""
    };
    format!("{authority}{host}{path}")
}

fn connection_error(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}

/// Returns whether two simultaneous connections use the same server process, or one
/// connection several.
async fn shares_processes(pool: &PgPool) -> Result<bool, sqlx::Error> {
    let (mut first, mut second) = (pool.acquire().await?, pool.acquire().await?);
    let own = process(&mut first).await?;
    for _ in 0..ROUNDS {
        // A transaction occupies its process.
        let mut transaction = second.begin().await?;
        let other = process(&mut transaction).await?;
        let again = process(&mut first).await?;
        transaction.rollback().await?;
        if other == own || again != own || process(&mut first).await? != own {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn process(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    // Not prepared.
    let row = raw_sql("SELECT pg_backend_pid()")
        .fetch_one(connection)
        .await?;
    row.try_get(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Server {
        let Ok(server) = Server::parse(url, "database.url") else {
            unreachable!("{url} is not valid");
        };
        server
    }

    #[test]
    fn urls_as_deployed_are_parsed() {
        let socket = "postgres://app:p@/db?host=/cloudsql/project:region:instance";
        assert_eq!(parse(socket).place(), "/cloudsql/project:region:instance");
        assert_eq!(parse(socket).login(), "app");
        let host = "postgresql://app:p@ss@h:6543/db?sslmode=require&channel_binding=require";
        assert_eq!(parse(host).place(), "h:6543");
        assert_eq!(parse("postgres://%2Fvar%2Frun/db").place(), "/var/run");
        assert_eq!(parse(host).prepared, None);
        let pooled = "postgres://h/db?pgbouncer=true&connection_limit=1";
        assert_eq!(parse(pooled).prepared, Some(false));
    }

    #[test]
    fn invalid_urls_are_not_quoted() {
        for url in [
            "postgres://app:hunt#er2@h/db",
            "postgres://app:hunt/er2@h:x/db",
            "hunt",
        ] {
            let Err(error) = Server::parse(url, "database.migrate_url") else {
                unreachable!("{url} is valid");
            };
            let text = format!("{error:?}");
            assert!(text.contains("database.migrate_url"), "{text}");
            assert!(!text.contains("hunt"), "{text}");
        }
    }
}
