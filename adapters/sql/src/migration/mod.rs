//! The schema, one migration per file. A released migration never changes; a
//! change of the schema is a new migration at the end.

use sea_orm_migration::{
    MigrationStatus,
    prelude::*,
    sea_orm::{ConnectionTrait, DatabaseConnection, DbErr},
};
use tenantry_application::ports::{PortError, PortErrorKind};

use crate::error::port_error;

mod columns;
mod m0001_people;
mod m0002_files;
mod m0003_jobs;
mod m0004_audit;
mod m0005_idempotency;
mod m0006_projects;

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
        ]
    }
}

/// Applies the pending migrations.
pub(crate) async fn migrate(db: &DatabaseConnection) -> Result<(), PortError> {
    refuse_newer(db).await?;
    let Err(error) = Migrator::up(db, None).await else {
        return Ok(());
    };
    let error = port_error("migrate the database", error);
    if error.is_retryable() {
        return Err(error);
    }
    let failed = status(db).await?.into_iter().find(|(_, is_done)| !is_done);
    Err(match failed {
        Some((name, _)) => PortError {
            context: format!(
                "apply the migration {name}: the database refused it; if part of it is applied, \
                 restore a backup or remove the conflicting objects"
            ),
            ..error
        },
        None => error,
    })
}

/// Returns the migrations of this program, and whether each is applied.
pub(crate) async fn status(db: &DatabaseConnection) -> Result<Vec<(String, bool)>, PortError> {
    refuse_newer(db).await?;
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

/// Checks that no newer program has changed the schema.
pub(crate) async fn refuse_newer(db: &DatabaseConnection) -> Result<(), PortError> {
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

async fn applied(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    if !SchemaManager::new(db).has_table("seaql_migrations").await? {
        return Ok(Vec::new());
    }
    let select = Query::select()
        .column("version")
        .from("seaql_migrations")
        .take();
    let rows = db.query_all(&select).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}
