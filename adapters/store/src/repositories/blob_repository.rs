//! Blob records of one tenant.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use tenantry_application::ports::{BlobRepository, PortError};
use tenantry_domain::{
    Timestamp,
    blob::{BackendName, Blob, Digest},
    id::BlobId,
};

use crate::{
    Backend, Condition, Direction, Query, TenantRows,
    rows::{blob::Column, integer},
};

#[async_trait]
impl<B: Backend> BlobRepository for TenantRows<B> {
    async fn lookup(&self, id: BlobId) -> Result<Option<Blob>, PortError> {
        self.find_by_key(id).await
    }

    async fn find_by_digest(
        &self,
        backend: &BackendName,
        digest: Digest,
        size_bytes: u64,
    ) -> Result<Option<Blob>, PortError> {
        let referenced = Condition::Above(Column::ReferenceCount, 0_i64.into());
        let query = equal_content(self.query(), backend, digest, size_bytes).filter(referenced);
        self.backend().find_one(query).await
    }

    async fn find_spares(
        &self,
        backend: &BackendName,
        digest: Digest,
        size_bytes: u64,
        limit: u32,
    ) -> Result<Vec<Blob>, PortError> {
        let query = equal_content(self.query(), backend, digest, size_bytes)
            .equal(Column::ReferenceCount, 0_i64)
            .limit(limit);
        self.backend().find(query).await
    }

    async fn find_to_sweep(
        &self,
        recent: &RangeInclusive<Timestamp>,
        limit: u32,
    ) -> Result<Vec<Blob>, PortError> {
        let (start, end) = (recent.start().as_millis(), recent.end().as_millis());
        let query = self
            .query()
            .filter(Condition::Outside(
                Column::SweepAt,
                start.into(),
                end.into(),
            ))
            .order_by(Column::SweepAt, Direction::Ascending)
            .order_by_key(Direction::Ascending)
            .limit(limit);
        self.backend().find(query).await
    }

    async fn scan(&self, after: Option<BlobId>, limit: u32) -> Result<Vec<Blob>, PortError> {
        let query = self.query().scan(after.map(BlobId::as_uuid)).limit(limit);
        self.backend().find(query).await
    }
}

/// Adds the conditions of stored, undamaged blobs with this content.
fn equal_content(
    query: Query<Blob>,
    backend: &BackendName,
    digest: Digest,
    size_bytes: u64,
) -> Query<Blob> {
    query
        .equal(Column::Digest, digest.as_bytes().to_vec())
        .equal(Column::SizeBytes, integer(size_bytes))
        .equal(Column::Backend, backend.as_str())
        .equal(Column::State, "stored")
        .filter(Condition::Null(Column::CorruptAt))
}
