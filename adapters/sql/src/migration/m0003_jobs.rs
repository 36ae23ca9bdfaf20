//! Background jobs.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, uuid, uuid_null},
};

use super::columns::{Columns, index};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let on = Columns::of(manager);
        manager.create_table(jobs(on)).await?;
        manager
            .create_index(index("jobs_due", "jobs", &["state", "run_at", "id"]))
            .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn jobs(on: Columns) -> TableCreateStatement {
    Table::create()
        .table("jobs")
        .col(uuid("id").primary_key())
        .col(on.text("kind"))
        .col(uuid_null("tenant_id"))
        .col(on.text("payload"))
        .col(on.text("state"))
        .col(big_integer("run_at"))
        .col(big_integer("attempt"))
        .col(big_integer("failures"))
        .col(big_integer("max_attempts"))
        .col(on.text_null("lease_worker"))
        .col(big_integer_null("lease_until"))
        .col(on.text_null("error"))
        .col(uuid_null("requested_by"))
        .col(big_integer("created_at"))
        .col(big_integer_null("started_at"))
        .col(big_integer_null("finished_at"))
        .col(big_integer("revision"))
        .take()
}
