//! The schema, one migration a file. A migration that was released is never
//! changed; whatever changes is a new one at the end.

use sea_orm_migration::{
    MigrationStatus,
    prelude::*,
    schema,
    sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr},
};
use tenantry_application::ports::{PortError, PortErrorKind};

use crate::error::port_error;

mod m0001_people;
mod m0002_files;
mod m0003_jobs;
mod m0004_audit;
mod m0005_idempotency;

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
        ]
    }
}

/// Applies what is missing.
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
                "cannot do the migration {name}; if the database is half migrated, restore it \
                 from a backup or remove what stands in the way"
            ),
            ..error
        },
        None => error,
    })
}

/// Every migration this program knows, and whether the database has it.
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

/// A schema that a newer program has changed is not one this program may
/// write to.
pub(crate) async fn refuse_newer(db: &DatabaseConnection) -> Result<(), PortError> {
    let applied = applied(db)
        .await
        .map_err(|error| port_error("read the migrations", error))?;
    let known = Migrator::migrations();
    let strange = applied
        .iter()
        .find(|name| known.iter().all(|migration| migration.name() != *name));
    match strange {
        Some(name) => Err(PortError::new(
            PortErrorKind::Unsupported,
            format!(
                "the database has the migration {name}, which this program does not know: it is of a newer schema version"
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

/// An index over columns in their order.
fn index(name: &str, table: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table.to_owned()).take();
    for column in columns {
        index.col((*column).to_owned());
    }
    index
}

/// An index that lets every combination of the columns in once.
fn unique(name: &str, table: &str, columns: &[&str]) -> IndexCreateStatement {
    index(name, table, columns).unique().take()
}

/// Columns of text, which all databases compare byte for byte.
#[derive(Clone, Copy)]
struct Columns {
    backend: DbBackend,
}

impl Columns {
    fn of(manager: &SchemaManager) -> Self {
        Self {
            backend: manager.get_database_backend(),
        }
    }

    /// A text that must be there.
    fn text(self, name: &str) -> ColumnDef {
        self.collated(schema::text(name.to_owned()))
    }

    /// A text that may be absent.
    fn text_null(self, name: &str) -> ColumnDef {
        self.collated(schema::text_null(name.to_owned()))
    }

    fn collated(self, mut column: ColumnDef) -> ColumnDef {
        if self.backend == DbBackend::Postgres {
            column.extra("COLLATE \"C\"");
        }
        column
    }
}
