//! The tags of audit entries. Rows of earlier programs have none.

use sea_orm_migration::{prelude::*, schema::blob_null};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let added = Table::alter()
            .table("audit_entries")
            .add_column(blob_null("tag"))
            .take();
        manager.alter_table(added).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
