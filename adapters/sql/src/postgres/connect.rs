//! Connecting to the server.

use std::sync::Arc;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tenantry_application::ports::{PortError, PortErrorKind};

use super::wall;
use crate::{
    PostgresOptions,
    dialect::Dialect,
    error::{port_error, postgres::refused},
    link::{Link, Open, Pools},
};

/// Statements that each connection keeps prepared.
const STATEMENTS: usize = 256;

/// The lock under which tables are made and changed: any number, the same in
/// every process.
const MIGRATION_LOCK: i64 = 0x7E4A_17B1;

/// Opens connections that are opened anew when the server was away.
pub(crate) async fn connect(
    options: &PostgresOptions,
    readers: u32,
    writers: u32,
) -> Result<Arc<Link>, PortError> {
    let reading = settings(&options.url, options, readers);
    let writing = settings(&options.url, options, writers);
    let open: Open = Box::new(move || {
        let (reading, writing) = (reading.clone(), writing.clone());
        Box::pin(async {
            Ok(Pools {
                reading: Database::connect(reading).await?,
                writing: Database::connect(writing).await?,
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
        // Less than the bound of a read: whoever finds all of them busy hears
        // that, and not that the server does not answer.
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

/// Runs `migrate` on a connection of its own, while no other process does the
/// same.
pub(crate) async fn migrate_locked(
    options: &PostgresOptions,
    migrate: impl AsyncFnOnce(&DatabaseConnection) -> Result<(), PortError>,
) -> Result<(), PortError> {
    let url = options.migrate_url.as_deref().unwrap_or(&options.url);
    // A single connection, to which the lock belongs: it ends with it.
    let db = Database::connect(settings(url, options, 1)).await;
    let db = db.map_err(|error| refused(url, error))?;
    let lock = Dialect::Postgres.statement("SELECT pg_advisory_lock(?)", [MIGRATION_LOCK.into()]);
    let locked = db.query_one_raw(lock).await;
    let migrated = match locked {
        Ok(_) => migrated(&db, options, migrate).await,
        Err(error) => Err(port_error("wait for another migration", error)),
    };
    let closed = db.close().await;
    migrated?;
    closed.map_err(|error| port_error("close a connection", error))
}

async fn migrated(
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
    wall::build(db, login.as_deref()).await
}

fn login(url: &str) -> Result<String, PortError> {
    let options = url.parse::<sqlx::postgres::PgConnectOptions>();
    let options = options.map_err(|error| {
        let context = "read the url of the database";
        PortError::new(PortErrorKind::Internal, context).caused_by(error)
    })?;
    Ok(options.get_username().to_owned())
}
