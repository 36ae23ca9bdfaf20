//! The storage quota of one tenant, as stored.

use async_trait::async_trait;
use tenantry_domain::{file::Bucket, quota::Quota};
use uuid::Uuid;

use super::PortError;

/// Reads the ledger of the tenant its handle was opened for.
#[async_trait]
pub trait QuotaRepository: Send + Sync {
    /// The ledger as it stands.
    async fn current(&self) -> Result<Quota, PortError>;

    /// The ledger and where its bytes come from, as of one instant.
    async fn usage(&self) -> Result<Usage, PortError>;
}

/// Where a tenant's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The ledger.
    pub quota: Quota,
    /// Versions that hold bytes, by space; they add up to the used bytes.
    pub places: Vec<PlaceUsage>,
    /// Uploads under way.
    pub open_uploads: u64,
    /// What they hold; adds up to the reserved bytes.
    pub open_upload_bytes: u64,
    /// Bytes that lie in blob storage for stored blobs, where equal content
    /// counts once.
    pub stored_bytes: u64,
}

/// What one space holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceUsage {
    /// The kind of space.
    pub bucket: Bucket,
    /// The person or tenant whose it is.
    pub bucket_id: Uuid,
    /// Files in it.
    pub files: u64,
    /// Versions that hold bytes.
    pub versions: u64,
    /// Their sizes together.
    pub bytes: u64,
}
