//! Audit entries and the heads of their chains.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, blob, blob_null, uuid, uuid_null},
};

use super::columns::{Columns, index};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let on = Columns::of(manager);
        manager.create_table(entries(on)).await?;
        manager.create_table(chains()).await?;
        for index in [
            index("audit_by_time", "audit_entries", &["chain_id", "at", "id"]),
            // Partial indexes: entries are sealed within seconds, and a query for
            // unsealed ones must not read the sealed ones.
            index(
                "audit_by_sequence",
                "audit_entries",
                &["chain_id", "sequence"],
            )
            .and_where(Expr::col("sequence").is_not_null())
            .take(),
            index("audit_unsealed", "audit_entries", &["chain_id", "at", "id"])
                .and_where(Expr::col("sequence").is_null())
                .take(),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn entries(on: Columns) -> TableCreateStatement {
    Table::create()
        .table("audit_entries")
        .col(uuid("id").primary_key())
        .col(uuid("chain_id"))
        .col(uuid_null("actor_id"))
        .col(on.text("action"))
        .col(on.text("subject_kind"))
        .col(on.text("subject_id"))
        .col(big_integer("at"))
        .col(on.text_null("request_id"))
        .col(on.text("detail"))
        .col(big_integer_null("sequence"))
        .col(blob_null("hash"))
        .take()
}

fn chains() -> TableCreateStatement {
    Table::create()
        .table("audit_chains")
        .col(uuid("chain_id").primary_key())
        .col(big_integer("sequence"))
        .col(blob("hash"))
        .take()
}
