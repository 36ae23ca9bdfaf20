//! Columns and indexes of migrations.

use sea_orm_migration::{prelude::*, schema, sea_orm::DbBackend};

/// Returns an index over columns in order.
pub(super) fn index(name: &str, table: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table.to_owned()).take();
    for column in columns {
        index.col((*column).to_owned());
    }
    index
}

/// Returns a unique index over columns.
pub(super) fn unique(name: &str, table: &str, columns: &[&str]) -> IndexCreateStatement {
    index(name, table, columns).unique().take()
}

/// Text columns, which all databases compare byte by byte.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    backend: DbBackend,
}

impl Columns {
    /// Returns the columns for the database of a migration.
    pub(super) fn of(manager: &SchemaManager) -> Self {
        Self {
            backend: manager.get_database_backend(),
        }
    }

    /// Returns a required text column.
    pub(super) fn text(self, name: &str) -> ColumnDef {
        self.collated(schema::text(name.to_owned()))
    }

    /// Returns a nullable text column.
    pub(super) fn text_null(self, name: &str) -> ColumnDef {
        self.collated(schema::text_null(name.to_owned()))
    }

    fn collated(self, mut column: ColumnDef) -> ColumnDef {
        if self.backend == DbBackend::Postgres {
            column.extra("COLLATE \"C\"");
        }
        column
    }
}
