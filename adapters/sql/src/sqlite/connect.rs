//! Opening the file.

use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use tenantry_application::ports::{PortError, PortErrorKind};
use tokio::task::spawn_blocking;

use super::unit::EXPECTATIONS;
use crate::{SqliteOptions, dialect::Dialect, error::port_error};

/// The first version without a bug in WAL mode that could lose commits.
const MINIMUM_VERSION: (u32, u32, u32) = (3, 51, 3);

/// The timeout of a read for a connection, after which it fails with busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// The numbers of prepared statements per connection. A statement of a unit has
/// a limited number of steps, which bounds their memory.
const WRITER_STATEMENTS: usize = 64;
const READER_STATEMENTS: usize = 100;

/// Creates a missing file, readable by its owner only. Its journal gets the same
/// mode.
pub(crate) async fn create(options: &SqliteOptions) -> Result<(), PortError> {
    let path = options.path.clone();
    let created = spawn_blocking(move || tenantry_disk::ensure_file(&path)).await;
    created
        .unwrap_or_else(|error| Err(error.into()))
        .map_err(|error| {
            let text = "create the database file";
            PortError::new(PortErrorKind::Unavailable, text).caused_by(error)
        })
}

/// Opens the connection for writes. The file must exist: a file removed while in
/// use must not be replaced by an empty one.
pub(crate) async fn open_writer(options: &SqliteOptions) -> Result<DatabaseConnection, PortError> {
    let file = common(options)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .statement_cache_capacity(WRITER_STATEMENTS)
        .pragma("journal_size_limit", "67108864");
    let mut connect = pool(1, file);
    connect.map_sqlx_sqlite_pool_opts(|pool| {
        pool.after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::Executor::execute(connection, EXPECTATIONS).await?;
                Ok(())
            })
        })
    });
    let db = open(connect).await?;
    check(&db).await?;
    Ok(db)
}

/// Opens the connections for reads.
pub(crate) async fn open_reader(options: &SqliteOptions) -> Result<DatabaseConnection, PortError> {
    let file = common(options)
        .statement_cache_capacity(READER_STATEMENTS)
        .pragma("query_only", "ON");
    open(pool(options.readers.max(1), file)).await
}

fn common(options: &SqliteOptions) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&options.path)
        .busy_timeout(options.busy_timeout)
        .foreign_keys(false)
        .pragma("temp_store", "MEMORY")
        // A negative number is in KiB instead of pages.
        .pragma("cache_size", format!("-{}", options.cache_bytes / 1024))
}

fn pool(connections: u32, file: SqliteConnectOptions) -> ConnectOptions {
    let mut connect = ConnectOptions::new("sqlite::memory:");
    connect
        .max_connections(connections)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |defaults| {
            // Replaces the URL, since a path may contain characters that a URL
            // cannot. Logging stays disabled.
            drop(defaults);
            sqlx::ConnectOptions::disable_statement_logging(file.clone())
        });
    connect
}

async fn open(connect: ConnectOptions) -> Result<DatabaseConnection, PortError> {
    let db = Database::connect(connect).await;
    db.map_err(|error| port_error("open the database", error))
}

/// Checks the version of the library, and that WAL mode is on: on a file system
/// without shared memory it silently stays off.
async fn check(db: &DatabaseConnection) -> Result<(), PortError> {
    let query = "SELECT sqlite_version() AS version, journal_mode FROM pragma_journal_mode";
    let context = "read the version of sqlite";
    let row = db.query_one_raw(Dialect::Sqlite.statement(query, [])).await;
    let (version, journal): (String, String) = row
        .and_then(|row| row.ok_or(DbErr::RecordNotFound(context.to_owned())))
        .and_then(|row| {
            Ok((
                row.try_get("", "version")?,
                row.try_get("", "journal_mode")?,
            ))
        })
        .map_err(|error| port_error(context, error))?;
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    if (next(), next(), next()) < MINIMUM_VERSION {
        let text = format!("open the database: sqlite {version} is too old; use 3.51.3 or later");
        return Err(PortError::new(PortErrorKind::Unsupported, text));
    }
    if journal != "wal" {
        let text = format!(
            "open the database: its journal mode is {journal} instead of wal; use a local file system"
        );
        return Err(PortError::new(PortErrorKind::Unsupported, text));
    }
    Ok(())
}
