//! Connecting to the server.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseExecutor, TransactionTrait};
use tenantry_application::ports::PortError;

use super::{preflight::Facts, row_security, server::Server};
use crate::{
    PostgresOptions,
    dialect::Dialect,
    error::port_error,
    link::{FORGET_STATEMENTS, Link, Open, Pools},
};

/// The key of the advisory lock for migrations, the same in every process.
const MIGRATION_LOCK: i64 = 0x7E4A_17B1;

/// Lifts the limits of the login or the database for migrations, which may wait for those of
/// another process.
const UNLIMITED: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
                         SET LOCAL idle_in_transaction_session_timeout = 0";

/// Connects to the server; later outages are detected and repaired.
pub(crate) async fn connect(
    options: &PostgresOptions,
    readers: u32,
    writers: u32,
) -> Result<Arc<Link>, PortError> {
    let server = Server::parse(&options.url, "database.url")?;
    let timeout = options.acquire_timeout();
    let keeps_statements = server.keeps_statements(options.prepared_statements, timeout);
    let keeps_statements = keeps_statements.await?;
    let server = server.prepared(keeps_statements);
    let opened = server.clone();
    let open: Open = Box::new(move || {
        let server = opened.clone();
        Box::pin(async move {
            Ok(Pools {
                read: server.open(readers, timeout).await?,
                write: server.open(writers, timeout).await?,
            })
        })
    });
    let link = Link::to_server(open, options.answer_within, !keeps_statements).await;
    link.map_err(|error| server.refused(error))
}

/// Runs `migrate` in a transaction on a separate connection, in one process at a time.
/// Its second argument is an error if the login may not create tables.
pub(crate) async fn migrate_locked(
    options: &PostgresOptions,
    migrate: impl AsyncFnOnce(DatabaseExecutor<'_>, Result<(), PortError>) -> Result<(), PortError>,
) -> Result<(), PortError> {
    let server = match &options.migrate_url {
        Some(url) => Server::parse(url, "database.migrate_url")?,
        None => Server::parse(&options.url, "database.url")?,
    };
    // Prepared for the transaction, whether or not there is a pooler.
    let server = server.prepared(false);
    let db = server.open(1, options.acquire_timeout()).await;
    let db = db.map_err(|error| server.refused(error))?;
    let failed = |error| port_error("migrate the database", error);
    let migrated = async {
        let transaction = db.begin().await.map_err(failed)?;
        let begin = format!("{FORGET_STATEMENTS}; {UNLIMITED}");
        transaction
            .execute_unprepared(&begin)
            .await
            .map_err(failed)?;
        // The lock ends with the transaction.
        let lock = "SELECT pg_advisory_xact_lock(?)";
        let lock = Dialect::Postgres.statement(lock, [MIGRATION_LOCK.into()]);
        let locked = transaction.query_one_raw(lock).await;
        locked.map_err(|error| port_error("lock the database for migrations", error))?;
        let facts = Facts::read(&transaction).await?;
        migrate((&transaction).into(), facts.may_create()).await?;
        if options.row_security {
            let login = match &options.migrate_url {
                Some(_) => Some(Server::parse(&options.url, "database.url")?),
                None => None,
            };
            let login = login.as_ref().map(Server::login);
            row_security::create_policies(&transaction, &facts, login).await?;
        }
        transaction.commit().await.map_err(failed)
    };
    let migrated = migrated.await;
    let closed = db.close().await;
    migrated?;
    closed.map_err(|error| port_error("close a connection", error))
}
