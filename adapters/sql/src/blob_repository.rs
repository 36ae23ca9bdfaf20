//! Records of one tenant's blobs.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use tenantry_application::ports::{BlobRepository, PortError};
use tenantry_domain::{
    Timestamp,
    blob::{BackendName, Blob, Digest},
    id::BlobId,
};

use crate::{
    convert::big,
    entity::blob::{Column, Entity},
    scope::TenantScope,
};

/// Reads blob records.
#[derive(Debug, Clone)]
pub(crate) struct SqlBlobRepository {
    pub(crate) scope: TenantScope,
}

#[async_trait]
impl BlobRepository for SqlBlobRepository {
    async fn lookup(&self, id: BlobId) -> Result<Option<Blob>, PortError> {
        self.scope.lookup(id.as_uuid()).await
    }

    async fn find_by_digest(
        &self,
        backend: &BackendName,
        digest: Digest,
        size_bytes: u64,
    ) -> Result<Option<Blob>, PortError> {
        let select = self
            .scope
            .find::<Blob>()
            .filter(Column::Digest.eq(digest.as_bytes().to_vec()))
            .filter(Column::SizeBytes.eq(big(size_bytes)))
            .filter(Column::Backend.eq(backend.as_str()))
            .filter(Column::State.eq("stored"))
            .filter(Column::CorruptAt.is_null())
            .limit(1);
        self.scope.reader().one(select).await
    }

    async fn find_to_sweep(&self, before: Timestamp, limit: u32) -> Result<Vec<Blob>, PortError> {
        self.scope.reader().all(self.to_sweep(before, limit)).await
    }

    async fn scan(&self, after: Option<BlobId>, limit: u32) -> Result<Vec<Blob>, PortError> {
        let select = self
            .scope
            .find::<Blob>()
            .apply_if(after, |select, after| {
                select.filter(Column::Id.gt(after.as_uuid()))
            })
            .order_by_asc(Column::Id)
            .limit(u64::from(limit));
        self.scope.reader().all(select).await
    }
}

impl SqlBlobRepository {
    fn to_sweep(&self, before: Timestamp, limit: u32) -> Select<Entity> {
        self.scope
            .find::<Blob>()
            .filter(Column::SweepAt.lt(before.as_millis()))
            .order_by_asc(Column::SweepAt)
            .order_by_asc(Column::Id)
            .limit(u64::from(limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dialect::Dialect,
        testing::{World, plan, world},
    };

    #[tokio::test]
    async fn the_sweeper_walks_past_no_blob_in_use() {
        let World {
            store,
            tenant,
            folder: _folder,
        } = world().await;
        let scope = TenantScope::new(store.reader(), tenant.tenant().id());
        let to_sweep = SqlBlobRepository { scope }.to_sweep(Timestamp::EPOCH, 1);
        let plan = plan(store.reader(), to_sweep.build(Dialect::Sqlite.backend())).await;
        assert!(plan.contains("INDEX blobs_of_tenant_to_sweep"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}
