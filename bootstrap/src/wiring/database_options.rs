//! The options of metadata stores from their sections of the configuration.

use std::time::Duration;

#[cfg(feature = "database-mongodb")]
use tenantry_config::sections::MongodbConfig;
use tenantry_config::{
    ConnectionUrl,
    sections::{PostgresConfig, SqliteConfig},
};
#[cfg(feature = "database-mongodb")]
use tenantry_mongo::MongoOptions;
use tenantry_sql::{PostgresOptions, SqliteOptions};

#[cfg(feature = "database-mongodb")]
use super::clock::ids;
use crate::error::StartError;

/// Returns the options of a SQLite file.
pub(super) fn sqlite_options(config: &SqliteConfig) -> Result<SqliteOptions, StartError> {
    let path = config.url.sqlite_file().ok_or_else(|| {
        StartError::setting(
            "database.url",
            "has no file; set it to a file such as sqlite:data/tenantry.db",
        )
    })?;
    Ok(SqliteOptions {
        readers: config.readers,
        queue: config.queue_length,
        group: config.group,
        busy_timeout: Duration::from_secs(config.busy_timeout_seconds),
        ..SqliteOptions::new(path)
    })
}

/// Returns the options of a PostgreSQL database.
pub(super) fn postgres_options(config: &PostgresConfig) -> PostgresOptions {
    let url = |url: &ConnectionUrl| named(url, config.name.as_deref());
    PostgresOptions {
        migrate_url: config.migrate_url.as_ref().map(url),
        connections: config.max_connections,
        answer_within: Duration::from_millis(config.answer_within_ms),
        queue: config.queue_length,
        group: config.group,
        row_security: config.row_security.enabled,
        guarded_reads: config.row_security.reads,
        prepared_statements: config.prepared_statements,
        ..PostgresOptions::new(url(&config.url))
    }
}

/// Returns the options of a MongoDB database.
#[cfg(feature = "database-mongodb")]
pub(super) fn mongodb_options(config: &MongodbConfig) -> MongoOptions {
    let url = named(&config.url, config.name.as_deref());
    let defaults = MongoOptions::new(url, ids().next());
    let answer_timeout = Duration::from_millis(config.answer_within_ms);
    MongoOptions {
        connections: config.max_connections,
        answer_timeout,
        lease: defaults.lease.max(answer_timeout * 5 / 2),
        queue: config.queue_length,
        group: config.group,
        ..defaults
    }
}

/// Returns the URL with the database name of the section, if it has none.
fn named(url: &ConnectionUrl, name: Option<&str>) -> String {
    match name {
        Some(name) => url.with_database_name(name).expose().to_owned(),
        None => url.expose().to_owned(),
    }
}
