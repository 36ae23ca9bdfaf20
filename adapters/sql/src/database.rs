//! Opening and migrating a database.

use std::sync::Arc;

use sea_orm::DatabaseExecutor;
use tenantry_application::ports::PortError;

use crate::{
    PostgresOptions, SqlOptions, SqliteOptions, dialect::Dialect, error::port_error,
    group_writer::GroupWriter, link::Link, postgres, reader::Reader, sqlite,
};

/// The connections of an open database.
pub(crate) struct Database {
    pub(crate) reader: Reader,
    pub(crate) writer: GroupWriter,
}

impl Database {
    /// Opens the database; a missing `SQLite` file is created.
    pub(crate) async fn open(options: &SqlOptions) -> Result<Self, PortError> {
        match options {
            SqlOptions::Sqlite(options) => open_file(options).await,
            SqlOptions::Postgres(options) => connect(options).await,
        }
    }
}

async fn open_file(options: &SqliteOptions) -> Result<Database, PortError> {
    sqlite::create(options).await?;
    let db = sqlite::open_writer(options).await?;
    let link = Link::to_file(sqlite::open_reader(options).await?);
    Ok(Database {
        reader: Reader::new(link, Dialect::Sqlite, false),
        writer: GroupWriter::Sqlite(sqlite::GroupWriter {
            db,
            options: options.clone(),
        }),
    })
}

async fn connect(options: &PostgresOptions) -> Result<Database, PortError> {
    let writers = (options.connections / 4).clamp(1, 8);
    let readers = options.connections.saturating_sub(writers).max(1);
    let link = postgres::connect(options, readers, writers).await?;
    let row_security = options.row_security && options.guarded_reads;
    Ok(Database {
        reader: Reader::new(Arc::clone(&link), Dialect::Postgres, row_security),
        writer: GroupWriter::Postgres(postgres::GroupWriter {
            link,
            tasks: writers as usize,
            row_security: options.row_security,
        }),
    })
}

/// Runs `migrate` on a separate connection. Its second argument is an error if the
/// login may not create tables.
pub(crate) async fn migrate(
    options: &SqlOptions,
    migrate: impl AsyncFnOnce(DatabaseExecutor<'_>, Result<(), PortError>) -> Result<(), PortError>,
) -> Result<(), PortError> {
    match options {
        SqlOptions::Sqlite(options) => {
            let db = sqlite::open_writer(options).await?;
            let migrated = migrate((&db).into(), Ok(())).await;
            let closed = db.close().await;
            migrated?;
            closed.map_err(|error| port_error("close a connection", error))
        }
        SqlOptions::Postgres(options) => postgres::migrate_locked(options, migrate).await,
    }
}

/// Checks that row-level security is effective, where the options enable it.
pub(crate) async fn check(options: &SqlOptions, reader: &Reader) -> Result<(), PortError> {
    match options {
        SqlOptions::Postgres(options) if options.row_security => {
            postgres::check(&reader.link).await
        }
        _ => Ok(()),
    }
}
