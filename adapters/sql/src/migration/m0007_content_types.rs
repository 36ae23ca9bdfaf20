//! The declared types of files, and the rules of tenants for them. Rows of
//! earlier programs have neither.

use sea_orm_migration::prelude::*;

use super::columns::Columns;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let on = Columns::of(manager);
        for (table, column) in [("files", "declared_type"), ("tenants", "content_types")] {
            let added = Table::alter()
                .table(table)
                .add_column(on.text_null(column))
                .take();
            manager.alter_table(added).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
