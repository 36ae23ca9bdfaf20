//! Projects.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, uuid},
};

use super::columns::{Columns, index, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = "projects";
        manager
            .create_table(projects(Columns::of(manager), table))
            .await?;
        // The unique index has the order by name.
        for index in [
            unique("projects_name", table, &["tenant_id", "name_key"]),
            index(
                "projects_by_created_at",
                table,
                &["tenant_id", "created_at", "id"],
            ),
            index(
                "projects_by_updated_at",
                table,
                &["tenant_id", "updated_at", "id"],
            ),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn projects(on: Columns, table: &'static str) -> TableCreateStatement {
    Table::create()
        .table(table)
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(on.text("name"))
        .col(on.text("name_key"))
        .col(on.text_null("description"))
        .col(uuid("created_by"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .col(big_integer("revision"))
        .take()
}
