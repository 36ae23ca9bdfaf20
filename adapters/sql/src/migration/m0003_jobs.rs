//! The queue of background work.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, text, text_null, uuid, uuid_null},
};

use super::index;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(jobs()).await?;
        manager
            .create_index(index("jobs_due", "jobs", &["state", "run_at", "id"]))
            .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn jobs() -> TableCreateStatement {
    Table::create()
        .table("jobs")
        .col(uuid("id").primary_key())
        .col(text("kind"))
        .col(uuid_null("tenant_id"))
        .col(text("payload"))
        .col(text("state"))
        .col(big_integer("run_at"))
        .col(big_integer("attempt"))
        .col(big_integer("failures"))
        .col(big_integer("max_attempts"))
        .col(text_null("lease_worker"))
        .col(big_integer_null("lease_until"))
        .col(text_null("error"))
        .col(uuid_null("requested_by"))
        .col(big_integer("created_at"))
        .col(big_integer_null("started_at"))
        .col(big_integer_null("finished_at"))
        .col(big_integer("revision"))
        .take()
}
