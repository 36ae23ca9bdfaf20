//! The charges of versions, and their number per tenant. Versions of earlier
//! programs have no charge: their size was charged.

use sea_orm_migration::{prelude::*, schema::big_integer_null};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Counts the versions of each tenant.
const COUNT: &str = "\
    UPDATE quotas SET version_count = \
    (SELECT COUNT(*) FROM versions WHERE versions.tenant_id = quotas.tenant_id)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [("versions", "charged_bytes"), ("quotas", "version_count")] {
            let added = Table::alter()
                .table(table)
                .add_column(big_integer_null(column))
                .take();
            manager.alter_table(added).await?;
        }
        let db = manager.get_connection();
        db.execute_unprepared(COUNT).await.map(drop)
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use tenantry_domain::id::BlobId;
    use uuid::Uuid;

    use super::COUNT;
    use crate::testing::{World, file, world};

    #[tokio::test]
    async fn versions_of_earlier_programs_keep_their_charge() {
        let World {
            store,
            tenant,
            folder: _folder,
        } = world().await;
        let mut work = tenant.begin();
        let mut stored = Vec::new();
        for number in [1, 2] {
            let (_, mut version) = file(tenant.as_ref(), number);
            version.blob_id = Some(BlobId::from_uuid(Uuid::from_u128(number)));
            work.versions().add(&version);
            stored.push(version.id);
        }
        work.quota().settle(0, 2);
        tenant.commit(work).await.expect("stored");
        let run = async |sql: &str| store.writer().run(sql, []).await.expect("done");
        run("UPDATE versions SET charged_bytes = NULL RETURNING id").await;
        run("UPDATE quotas SET version_count = NULL RETURNING tenant_id").await;

        run(&format!("{COUNT} RETURNING tenant_id")).await;

        let quota = tenant.quota().current().await.expect("a quota");
        assert_eq!((quota.used_bytes, quota.versions), (2, 2));
        for id in stored {
            let version = tenant.versions().lookup(id).await.expect("read");
            let version = version.expect("a version");
            assert_eq!(version.used_bytes(), version.size_bytes);
            let mut work = tenant.begin();
            work.versions().remove(&version);
            work.quota().remove_version(version.used_bytes());
            tenant.commit(work).await.expect("removed");
        }
        let quota = tenant.quota().current().await.expect("a quota");
        assert_eq!((quota.used_bytes, quota.versions), (0, 0));
    }
}
