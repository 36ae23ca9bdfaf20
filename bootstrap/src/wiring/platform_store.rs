//! Where metadata is kept.

use std::{sync::Arc, time::Duration};

use tenantry_application::ports::PlatformStore;
use tenantry_config::{
    Config, ConnectionUrl,
    sections::{DatabaseConfig, PostgresConfig, SqliteConfig},
};
#[cfg(feature = "mongodb")]
use tenantry_mongo::MongoStore;
use tenantry_sql::{PostgresOptions, SqlStore, SqliteOptions};

use super::patience::patiently;
use crate::{error::StartError, root_secret};

/// What is waited for, in logs.
const PART: &str = "the database";

/// An open metadata store, as its provider knows it.
pub enum Metadata {
    /// A SQL database.
    Sql(Arc<SqlStore>),
    /// A MongoDB server.
    #[cfg(feature = "mongodb")]
    Mongo(Arc<MongoStore>),
}

/// Opens the configured store. The tables are made by [`Metadata::migrate`].
pub async fn metadata_from_config(config: &Config) -> Result<Metadata, StartError> {
    root_secret::make_data_folder(&config.app.data)?;
    match &config.database {
        DatabaseConfig::Sqlite(sqlite) => {
            let store = SqlStore::connect(sqlite_options(sqlite)?).await?;
            Ok(Metadata::Sql(Arc::new(store)))
        }
        DatabaseConfig::Postgres(postgres) => {
            let options = postgres_options(postgres);
            let connect = async || SqlStore::connect(options.clone()).await;
            let store = patiently(PART, postgres.connect_wait_seconds, connect).await?;
            Ok(Metadata::Sql(Arc::new(store)))
        }
        #[cfg(feature = "mongodb")]
        DatabaseConfig::Mongodb(mongodb) => {
            let options = mongodb::options(mongodb);
            let connect = async || MongoStore::connect(options.clone()).await;
            let store = patiently(PART, mongodb.connect_wait_seconds, connect).await?;
            Ok(Metadata::Mongo(Arc::new(store)))
        }
        #[cfg(not(feature = "mongodb"))]
        DatabaseConfig::Mongodb(_) => Err(StartError::not_built_in(
            "database.kind",
            config.database.kind(),
        )),
    }
}

fn sqlite_options(config: &SqliteConfig) -> Result<SqliteOptions, StartError> {
    let path = config.url.sqlite_file().ok_or_else(|| {
        StartError::setting(
            "database.url",
            "must name a file, like sqlite:data/tenantry.db",
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

fn postgres_options(config: &PostgresConfig) -> PostgresOptions {
    let url = |url: &ConnectionUrl| named(url, config.name.as_deref());
    PostgresOptions {
        migrate_url: config.migrate_url.as_ref().map(url),
        connections: config.max_connections,
        answer_within: Duration::from_millis(config.answer_within_ms),
        queue: config.queue_length,
        group: config.group,
        row_security: config.row_security.enabled,
        guarded_reads: config.row_security.reads,
        ..PostgresOptions::new(url(&config.url))
    }
}

fn named(url: &ConnectionUrl, name: Option<&str>) -> String {
    match name {
        Some(name) => url.with_database_name(name).expose().to_owned(),
        None => url.expose().to_owned(),
    }
}

impl Metadata {
    /// The port.
    pub fn store(&self) -> Arc<dyn PlatformStore> {
        match self {
            Self::Sql(store) => Arc::<SqlStore>::clone(store),
            #[cfg(feature = "mongodb")]
            Self::Mongo(store) => Arc::<MongoStore>::clone(store),
        }
    }

    /// Makes or changes the tables as this version needs them.
    pub async fn migrate(&self) -> Result<(), StartError> {
        match self {
            Self::Sql(store) => Ok(store.migrate().await?),
            #[cfg(feature = "mongodb")]
            Self::Mongo(store) => Ok(store.migrate().await?),
        }
    }

    /// The changes of tables this version knows, and whether each is made.
    pub async fn migrations(&self) -> Result<Vec<(String, bool)>, StartError> {
        match self {
            Self::Sql(store) => Ok(store.migration_status().await?),
            #[cfg(feature = "mongodb")]
            Self::Mongo(store) => Ok(store.migration_status().await?),
        }
    }

    /// Writes what waits and closes. Whoever still holds the store keeps it
    /// open; nothing that was acknowledged is lost either way.
    pub async fn close(self) -> Result<(), StartError> {
        match self {
            Self::Sql(store) => match Arc::try_unwrap(store) {
                Ok(store) => Ok(store.close().await?),
                Err(_) => Ok(()),
            },
            #[cfg(feature = "mongodb")]
            Self::Mongo(store) => match Arc::try_unwrap(store) {
                Ok(store) => Ok(store.close().await?),
                Err(_) => Ok(()),
            },
        }
    }
}

/// From the section of MongoDB to the options of its adapter.
#[cfg(feature = "mongodb")]
mod mongodb {
    use std::time::Duration;

    use tenantry_config::sections::MongodbConfig;
    use tenantry_mongo::MongoOptions;

    use super::named;
    use crate::wiring::clock::ids;

    pub(super) fn options(config: &MongodbConfig) -> MongoOptions {
        let url = named(&config.url, config.name.as_deref());
        let usual = MongoOptions::new(url, ids().next());
        let answer_timeout = Duration::from_millis(config.answer_within_ms);
        MongoOptions {
            connections: config.max_connections,
            answer_timeout,
            lease: usual.lease.max(answer_timeout * 5 / 2),
            queue: config.queue_length,
            group: config.group,
            ..usual
        }
    }
}
