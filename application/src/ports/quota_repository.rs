//! The storage quota of one tenant.

use async_trait::async_trait;
use tenantry_domain::{file::Bucket, quota::Quota};
use uuid::Uuid;

use super::PortError;

/// Reads the quota of the tenant that the store was opened for.
#[async_trait]
pub trait QuotaRepository: Send + Sync {
    /// Returns the ledger.
    async fn current(&self) -> Result<Quota, PortError>;

    /// Returns the ledger and its breakdown from one snapshot.
    async fn usage(&self) -> Result<Usage, PortError>;
}

/// The breakdown of a tenant's storage usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The ledger.
    pub quota: Quota,
    /// Versions with content, by space; their charges add up to the used bytes
    /// once deletions have ended.
    pub places: Vec<PlaceUsage>,
    /// The number of uploads in progress.
    pub open_uploads: u64,
    /// The bytes reserved by them; adds up to the reserved bytes.
    pub open_upload_bytes: u64,
    /// The bytes in blob storage, with deduplicated content counted once.
    pub stored_bytes: u64,
}

/// The usage of one space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceUsage {
    /// The kind of space.
    pub bucket: Bucket,
    /// The user or tenant that owns the space.
    pub bucket_id: Uuid,
    /// The number of files.
    pub files: u64,
    /// The number of versions with content.
    pub versions: u64,
    /// The sum of their charges in bytes.
    pub bytes: u64,
}
