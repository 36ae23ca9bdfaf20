//! Records of blobs of one tenant, as stored. The bytes are behind
//! [`BlobStore`](super::BlobStore).

use async_trait::async_trait;
use tenantry_domain::{
    Timestamp,
    blob::{BackendName, Blob, Digest},
    id::BlobId,
};

use super::PortError;

/// Reads blob records of the tenant its handle was opened for.
#[async_trait]
pub trait BlobRepository: Send + Sync {
    /// The record of an id.
    async fn lookup(&self, id: BlobId) -> Result<Option<Blob>, PortError>;

    /// A stored, undamaged blob of the backend with this digest and size;
    /// where there are several, any.
    async fn find_by_digest(
        &self,
        backend: &BackendName,
        digest: Digest,
        size_bytes: u64,
    ) -> Result<Option<Blob>, PortError>;

    /// What the sweeper is to end: open ones silent since before `before`,
    /// stored ones unreferenced since before `before`, and abandoned ones; at
    /// most `limit`.
    async fn find_to_sweep(&self, before: Timestamp, limit: u32) -> Result<Vec<Blob>, PortError>;

    /// Every record of the tenant by ascending id, those after `after`, at
    /// most `limit`: for checks of the whole.
    async fn scan(&self, after: Option<BlobId>, limit: u32) -> Result<Vec<Blob>, PortError>;
}
