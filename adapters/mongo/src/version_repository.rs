//! Versions of files of one tenant.

use async_trait::async_trait;
use mongodb::bson::doc;
use tenantry_application::ports::{PortError, VersionRepository};
use tenantry_domain::{
    id::{BlobId, FileId, TenantId, VersionId},
    version::FileVersion,
};

use crate::{
    database::{Database, Find, after, of_tenant},
    plan::{Table, bson_id},
};

/// Reads versions.
#[derive(Debug, Clone)]
pub(crate) struct MongoVersionRepository {
    pub(crate) database: Database,
    pub(crate) tenant: TenantId,
}

#[async_trait]
impl VersionRepository for MongoVersionRepository {
    async fn lookup(&self, id: VersionId) -> Result<Option<FileVersion>, PortError> {
        let mut filter = of_tenant(self.tenant);
        filter.insert("_id", bson_id(id.as_uuid()));
        self.database.one(filter).await
    }

    async fn find_by_number(
        &self,
        file: FileId,
        number: u32,
    ) -> Result<Option<FileVersion>, PortError> {
        let mut filter = of_tenant(self.tenant);
        filter.insert("file_id", bson_id(file.as_uuid()));
        filter.insert("number", i64::from(number));
        self.database.one(filter).await
    }

    async fn list(
        &self,
        file: FileId,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<FileVersion>, PortError> {
        let mut filter = of_tenant(self.tenant);
        filter.insert("file_id", bson_id(file.as_uuid()));
        if let Some(before) = before {
            filter.insert("number", doc! { "$lt": i64::from(before) });
        }
        let find = Find::new(Table::Versions, filter).sort(doc! { "number": -1 });
        self.database.all(find.limit(limit)).await
    }

    async fn scan(
        &self,
        after_id: Option<VersionId>,
        limit: u32,
    ) -> Result<Vec<FileVersion>, PortError> {
        let behind = after(of_tenant(self.tenant), after_id.map(VersionId::as_uuid));
        let find = Find::new(Table::Versions, behind).sort(doc! { "_id": 1 });
        self.database.all(find.limit(limit)).await
    }

    async fn count_by_blob(&self, blob: BlobId) -> Result<u64, PortError> {
        let mut filter = of_tenant(self.tenant);
        filter.insert("blob_id", bson_id(blob.as_uuid()));
        self.database.count(Table::Versions, filter, None).await
    }
}
