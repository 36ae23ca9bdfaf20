//! The metadata store.

use std::sync::Arc;

use tenantry_application::ports::PlatformStore;
use tenantry_config::{Config, sections::DatabaseConfig};
#[cfg(feature = "database-mongodb")]
use tenantry_mongo::MongoStore;
use tenantry_sql::SqlStore;

#[cfg(feature = "database-mongodb")]
use super::database_options::mongodb_options;
use super::{
    database_options::{postgres_options, sqlite_options},
    retry::retry,
};
use crate::{error::StartError, root_secret};

/// The name of the store in logs.
const PART: &str = "the database";

/// An open metadata store.
pub enum Metadata {
    /// A SQL database.
    Sql(Arc<SqlStore>),
    /// A MongoDB server.
    #[cfg(feature = "database-mongodb")]
    Mongo(Arc<MongoStore>),
}

/// Opens the configured store, without applying migrations.
pub async fn metadata_from_config(config: &Config) -> Result<Metadata, StartError> {
    root_secret::create_data_directory(&config.app.data)?;
    match &config.database {
        DatabaseConfig::Sqlite(sqlite) => {
            let store = SqlStore::connect(sqlite_options(sqlite)?).await?;
            Ok(Metadata::Sql(Arc::new(store)))
        }
        DatabaseConfig::Postgres(postgres) => {
            let options = postgres_options(postgres);
            let connect = async || SqlStore::connect(options.clone()).await;
            let store = retry(PART, postgres.connect_wait_seconds, connect).await?;
            Ok(Metadata::Sql(Arc::new(store)))
        }
        #[cfg(feature = "database-mongodb")]
        DatabaseConfig::Mongodb(mongodb) => {
            let options = mongodb_options(mongodb);
            let connect = async || MongoStore::connect(options.clone()).await;
            let store = retry(PART, mongodb.connect_wait_seconds, connect).await?;
            Ok(Metadata::Mongo(Arc::new(store)))
        }
        #[cfg(not(feature = "database-mongodb"))]
        DatabaseConfig::Mongodb(_) => Err(StartError::not_built_in(
            "database.kind",
            "database",
            config.database.kind(),
        )),
    }
}

impl Metadata {
    /// Returns the port.
    pub fn store(&self) -> Arc<dyn PlatformStore> {
        match self {
            Self::Sql(store) => Arc::<SqlStore>::clone(store),
            #[cfg(feature = "database-mongodb")]
            Self::Mongo(store) => Arc::<MongoStore>::clone(store),
        }
    }

    /// Applies pending migrations.
    pub async fn migrate(&self) -> Result<(), StartError> {
        match self {
            Self::Sql(store) => Ok(store.migrate().await?),
            #[cfg(feature = "database-mongodb")]
            Self::Mongo(store) => Ok(store.migrate().await?),
        }
    }

    /// Returns the migrations of this version, and whether each is applied.
    pub async fn migrations(&self) -> Result<Vec<(String, bool)>, StartError> {
        match self {
            Self::Sql(store) => Ok(store.migration_status().await?),
            #[cfg(feature = "database-mongodb")]
            Self::Mongo(store) => Ok(store.migration_status().await?),
        }
    }

    /// Writes queued commits and closes the store, unless another reference to
    /// it exists. Acknowledged commits are never lost.
    pub async fn close(self) -> Result<(), StartError> {
        match self {
            Self::Sql(store) => match Arc::try_unwrap(store) {
                Ok(store) => Ok(store.close().await?),
                Err(_) => Ok(()),
            },
            #[cfg(feature = "database-mongodb")]
            Self::Mongo(store) => match Arc::try_unwrap(store) {
                Ok(store) => Ok(store.close().await?),
                Err(_) => Ok(()),
            },
        }
    }
}
