//! Requests with an idempotency key.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, blob_null, uuid, uuid_null},
};

use super::columns::{Columns, index, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let on = Columns::of(manager);
        let table = "idempotency_records";
        manager.create_table(records(on, table)).await?;
        let scope = ["tenant_id", "user_id", "operation", "key"];
        manager
            .create_index(unique("idempotency_records_scope", table, &scope))
            .await?;
        let expiry = ["expires_at", "id"];
        manager
            .create_index(index("idempotency_records_expiry", table, &expiry))
            .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn records(on: Columns, table: &'static str) -> TableCreateStatement {
    Table::create()
        .table(table)
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(uuid("user_id"))
        .col(on.text("operation"))
        .col(on.text("key"))
        .col(uuid_null("blob_id"))
        .col(blob_null("fingerprint"))
        .col(on.text_null("answer"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer("revision"))
        .take()
}
