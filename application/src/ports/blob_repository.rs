//! The blob records of one tenant. The bytes are in a
//! [`BlobStore`](super::BlobStore).

use std::ops::RangeInclusive;

use async_trait::async_trait;
use tenantry_domain::{
    Timestamp,
    blob::{BackendName, Blob, Digest},
    id::BlobId,
};

use super::PortError;

/// Reads blob records of the tenant that the store was opened for.
#[async_trait]
pub trait BlobRepository: Send + Sync {
    /// Returns the record with this id.
    async fn lookup(&self, id: BlobId) -> Result<Option<Blob>, PortError>;

    /// Returns a stored, undamaged blob of the backend with this digest and
    /// size that a version references; any of them if there are several.
    async fn find_by_digest(
        &self,
        backend: &BackendName,
        digest: Digest,
        size_bytes: u64,
    ) -> Result<Option<Blob>, PortError>;

    /// Returns up to `limit` stored, undamaged blobs of the backend with this
    /// digest and size that no version references, in any order.
    async fn find_spares(
        &self,
        backend: &BackendName,
        digest: Digest,
        size_bytes: u64,
        limit: u32,
    ) -> Result<Vec<Blob>, PortError>;

    /// Returns up to `limit` records for the sweeper: open ones whose last
    /// heartbeat, and unreferenced ones whose last reference, was not at a
    /// `recent` time, and abandoned ones. A time after `recent` was set by a
    /// clock that has been corrected since.
    async fn find_to_sweep(
        &self,
        recent: &RangeInclusive<Timestamp>,
        limit: u32,
    ) -> Result<Vec<Blob>, PortError>;

    /// Returns up to `limit` records of the tenant with an id above `after`, in
    /// ascending order, for integrity checks.
    async fn scan(&self, after: Option<BlobId>, limit: u32) -> Result<Vec<Blob>, PortError>;
}
