//! Versions of one tenant's files.

use async_trait::async_trait;
use tenantry_application::ports::{PortError, VersionRepository};
use tenantry_domain::{
    id::{BlobId, FileId, VersionId},
    version::FileVersion,
};

use crate::{Backend, Condition, Direction, TenantRows, rows::version::Column};

#[async_trait]
impl<B: Backend> VersionRepository for TenantRows<B> {
    async fn lookup(&self, id: VersionId) -> Result<Option<FileVersion>, PortError> {
        self.find_by_key(id).await
    }

    async fn find_by_number(
        &self,
        file: FileId,
        number: u32,
    ) -> Result<Option<FileVersion>, PortError> {
        let query = self
            .query()
            .equal(Column::FileId, file.as_uuid())
            .equal(Column::Number, i64::from(number));
        self.backend().find_one(query).await
    }

    async fn list(
        &self,
        file: FileId,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<FileVersion>, PortError> {
        let query = self
            .query()
            .equal(Column::FileId, file.as_uuid())
            .filter_some(before, |before| {
                Condition::Below(Column::Number, i64::from(before).into())
            })
            .order_by(Column::Number, Direction::Descending)
            .limit(limit);
        self.backend().find(query).await
    }

    async fn scan(
        &self,
        after: Option<VersionId>,
        limit: u32,
    ) -> Result<Vec<FileVersion>, PortError> {
        let query = self
            .query()
            .scan(after.map(VersionId::as_uuid))
            .limit(limit);
        self.backend().find(query).await
    }

    async fn count_by_blob(&self, blob: BlobId) -> Result<u64, PortError> {
        let query = self
            .query::<FileVersion>()
            .equal(Column::BlobId, blob.as_uuid());
        self.backend().count(query, None).await
    }
}
