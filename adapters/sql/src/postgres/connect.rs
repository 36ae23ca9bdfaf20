//! Connecting to the server.

use std::sync::Arc;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tenantry_application::ports::{PortError, PortErrorKind};

use super::row_security;
use crate::{
    PostgresOptions,
    dialect::Dialect,
    error::{port_error, postgres::refused},
    link::{Link, Open, Pools},
};

/// The number of prepared statements per connection.
const STATEMENTS: usize = 256;

/// The key of the advisory lock for migrations, the same in every process.
const MIGRATION_LOCK: i64 = 0x7E4A_17B1;

/// Connects to the server; later outages are detected and repaired.
pub(crate) async fn connect(
    options: &PostgresOptions,
    readers: u32,
    writers: u32,
) -> Result<Arc<Link>, PortError> {
    let read = settings(&options.url, options, readers);
    let write = settings(&options.url, options, writers);
    let open: Open = Box::new(move || {
        let (read, write) = (read.clone(), write.clone());
        Box::pin(async {
            Ok(Pools {
                read: Database::connect(read).await?,
                write: Database::connect(write).await?,
            })
        })
    });
    let link = Link::to_server(open, options.answer_within).await;
    link.map_err(|error| refused(&options.url, error))
}

fn settings(url: &str, options: &PostgresOptions, connections: u32) -> ConnectOptions {
    let mut connect = ConnectOptions::new(url);
    connect
        .max_connections(connections)
        .min_connections(0)
        .test_before_acquire(false)
        // Less than the timeout of a read, so that an exhausted pool is busy and
        // not unavailable.
        .acquire_timeout(options.answer_within * 2 / 3)
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(|options| {
            let options = options
                .application_name("tenantry")
                .statement_cache_capacity(STATEMENTS);
            sqlx::ConnectOptions::disable_statement_logging(options)
        });
    connect
}

/// Runs `migrate` on a separate connection, in one process at a time.
pub(crate) async fn migrate_locked(
    options: &PostgresOptions,
    migrate: impl AsyncFnOnce(&DatabaseConnection) -> Result<(), PortError>,
) -> Result<(), PortError> {
    let url = options.migrate_url.as_deref().unwrap_or(&options.url);
    // The lock belongs to this single connection and ends with it.
    let db = Database::connect(settings(url, options, 1)).await;
    let db = db.map_err(|error| refused(url, error))?;
    let lock = Dialect::Postgres.statement("SELECT pg_advisory_lock(?)", [MIGRATION_LOCK.into()]);
    let locked = db.query_one_raw(lock).await;
    let migrated = match locked {
        Ok(_) => apply(&db, options, migrate).await,
        Err(error) => Err(port_error("lock the database for migrations", error)),
    };
    let closed = db.close().await;
    migrated?;
    closed.map_err(|error| port_error("close a connection", error))
}

async fn apply(
    db: &DatabaseConnection,
    options: &PostgresOptions,
    migrate: impl AsyncFnOnce(&DatabaseConnection) -> Result<(), PortError>,
) -> Result<(), PortError> {
    migrate(db).await?;
    if !options.row_security {
        return Ok(());
    }
    let login = match &options.migrate_url {
        Some(_) => Some(login(&options.url)?),
        None => None,
    };
    row_security::create_policies(db, login.as_deref()).await
}

fn login(url: &str) -> Result<String, PortError> {
    let options = url.parse::<sqlx::postgres::PgConnectOptions>();
    let options = options.map_err(|error| {
        let context = "parse database.url";
        PortError::new(PortErrorKind::Internal, context).caused_by(error)
    })?;
    Ok(options.get_username().to_owned())
}
