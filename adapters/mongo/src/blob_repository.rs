//! Records of blobs of one tenant.

use async_trait::async_trait;
use mongodb::bson::doc;
use tenantry_application::ports::{BlobRepository, PortError};
use tenantry_domain::{
    Timestamp,
    blob::{BackendName, Blob, Digest},
    id::{BlobId, TenantId},
};

use crate::{
    database::{Database, Find, after, of_tenant},
    plan::{Table, bson_id},
    rows::{big, binary},
};

/// Reads blob records.
#[derive(Debug, Clone)]
pub(crate) struct MongoBlobRepository {
    pub(crate) database: Database,
    pub(crate) tenant: TenantId,
}

#[async_trait]
impl BlobRepository for MongoBlobRepository {
    async fn lookup(&self, id: BlobId) -> Result<Option<Blob>, PortError> {
        let mut filter = of_tenant(self.tenant);
        filter.insert("_id", bson_id(id.as_uuid()));
        self.database.one(filter).await
    }

    async fn find_by_digest(
        &self,
        backend: &BackendName,
        digest: Digest,
        size_bytes: u64,
    ) -> Result<Option<Blob>, PortError> {
        let mut filter = of_tenant(self.tenant);
        filter.extend(doc! {
            "digest": binary(*digest.as_bytes()),
            "size_bytes": big(size_bytes),
            "backend": backend.as_str(),
            "state": "stored",
            "corrupt_at": null,
        });
        self.database.one(filter).await
    }

    async fn find_to_sweep(&self, before: Timestamp, limit: u32) -> Result<Vec<Blob>, PortError> {
        let mut filter = of_tenant(self.tenant);
        filter.insert("sweep_at", doc! { "$lt": before.as_millis() });
        let find = Find::new(Table::Blobs, filter).sort(doc! { "sweep_at": 1, "_id": 1 });
        self.database.all(find.limit(limit)).await
    }

    async fn scan(&self, after_id: Option<BlobId>, limit: u32) -> Result<Vec<Blob>, PortError> {
        let behind = after(of_tenant(self.tenant), after_id.map(BlobId::as_uuid));
        let find = Find::new(Table::Blobs, behind).sort(doc! { "_id": 1 });
        self.database.all(find.limit(limit)).await
    }
}
