//! The schema, one migration per file. A released migration never changes; a
//! change of the schema is a new migration at the end.

use sea_orm_migration::{
    MigrationStatus,
    prelude::*,
    sea_orm::{ConnectionTrait, DatabaseExecutor, DbErr},
};
use tenantry_application::ports::{PortError, PortErrorKind};

use crate::{
    error::port_error,
    reader::{Executor, Reader},
};

mod columns;
mod m0001_people;
mod m0002_files;
mod m0003_jobs;
mod m0004_audit;
mod m0005_idempotency;
mod m0006_projects;
mod m0007_content_types;
mod m0009_live_sessions;
mod m0010_audit_tags;
mod m0011_epoch_order;
mod m0012_version_charges;

pub(crate) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_people::Migration),
            Box::new(m0002_files::Migration),
            Box::new(m0003_jobs::Migration),
            Box::new(m0004_audit::Migration),
            Box::new(m0005_idempotency::Migration),
            Box::new(m0006_projects::Migration),
            Box::new(m0007_content_types::Migration),
            Box::new(m0009_live_sessions::Migration),
            Box::new(m0010_audit_tags::Migration),
            Box::new(m0011_epoch_order::Migration),
            Box::new(m0012_version_charges::Migration),
        ]
    }
}

/// Applies the pending migrations, unless the login may not create tables.
pub(crate) async fn migrate(
    db: &DatabaseExecutor<'_>,
    may_create: Result<(), PortError>,
) -> Result<(), PortError> {
    let Some(next) = next_of(&status(db).await?) else {
        return Ok(());
    };
    may_create?;
    let Err(error) = Migrator::up(borrowed(db), None).await else {
        return Ok(());
    };
    let error = port_error("migrate the database", error);
    if error.is_retryable() {
        return Err(error);
    }
    // A failed transaction runs no statement; without one the status names the migration.
    let failed = next_of(&status(db).await.unwrap_or_default()).unwrap_or(next);
    Err(PortError {
        context: format!(
            "apply the migration {failed}: the database refused it and did not apply it; use a \
             database without other objects of the same names"
        ),
        ..error
    })
}

fn next_of(migrations: &[(String, bool)]) -> Option<String> {
    let mut migrations = migrations.iter();
    let next = migrations.find(|(_, is_done)| !is_done);
    next.map(|(name, _)| name.clone())
}

/// Returns the migrations of this program, and whether each is applied.
pub(crate) async fn status_of(reader: &Reader) -> Result<Vec<(String, bool)>, PortError> {
    status(&executor(reader).await?.get()).await
}

/// Checks that no newer program has changed the schema.
pub(crate) async fn refuse_newer(reader: &Reader) -> Result<(), PortError> {
    check_known(&executor(reader).await?.get()).await
}

async fn executor(reader: &Reader) -> Result<Executor, PortError> {
    let executor = reader.executor().await;
    executor.map_err(|error| port_error("read the migrations", error))
}

async fn status(db: &DatabaseExecutor<'_>) -> Result<Vec<(String, bool)>, PortError> {
    check_known(db).await?;
    let migrations = Migrator::get_migration_with_status_read_only(db)
        .await
        .map_err(|error| port_error("read the migrations", error))?;
    Ok(migrations
        .iter()
        .map(|migration| {
            let applied = migration.status() == MigrationStatus::Applied;
            (migration.name().to_owned(), applied)
        })
        .collect())
}

async fn check_known(db: &DatabaseExecutor<'_>) -> Result<(), PortError> {
    let applied = applied(db)
        .await
        .map_err(|error| port_error("read the migrations", error))?;
    let known = Migrator::migrations();
    let unknown = applied
        .iter()
        .find(|name| known.iter().all(|migration| migration.name() != *name));
    match unknown {
        Some(name) => Err(PortError::new(
            PortErrorKind::Unsupported,
            format!(
                "open the database: its migration {name} is unknown, since a newer program applied it; use a newer program"
            ),
        )),
        None => Ok(()),
    }
}

async fn applied(db: &DatabaseExecutor<'_>) -> Result<Vec<String>, DbErr> {
    if !SchemaManager::new(borrowed(db))
        .has_table("seaql_migrations")
        .await?
    {
        return Ok(Vec::new());
    }
    let select = Query::select()
        .column("version")
        .from("seaql_migrations")
        .take();
    let rows = db.query_all(&select).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}

/// Returns another reference to a connection or transaction.
fn borrowed<'e>(db: &'e DatabaseExecutor<'_>) -> DatabaseExecutor<'e> {
    match db {
        DatabaseExecutor::Connection(connection) => DatabaseExecutor::Connection(connection),
        DatabaseExecutor::Transaction(transaction) => DatabaseExecutor::Transaction(transaction),
        DatabaseExecutor::OwnedTransaction(transaction) => {
            DatabaseExecutor::Transaction(transaction)
        }
    }
}
