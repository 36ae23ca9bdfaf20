//! The file versions of one tenant.

use async_trait::async_trait;
use tenantry_domain::{
    id::{BlobId, FileId, VersionId},
    version::FileVersion,
};

use super::PortError;

/// Reads versions of the tenant that the store was opened for.
#[async_trait]
pub trait VersionRepository: Send + Sync {
    /// Returns the version with this id.
    async fn lookup(&self, id: VersionId) -> Result<Option<FileVersion>, PortError>;

    /// Returns a version of a file by its number.
    async fn find_by_number(
        &self,
        file: FileId,
        number: u32,
    ) -> Result<Option<FileVersion>, PortError>;

    /// Returns up to `limit` versions of a file with a number below `before`,
    /// newest first.
    async fn list(
        &self,
        file: FileId,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<FileVersion>, PortError>;

    /// Returns up to `limit` versions of the tenant with an id above `after`,
    /// in ascending order, for integrity checks.
    async fn scan(
        &self,
        after: Option<VersionId>,
        limit: u32,
    ) -> Result<Vec<FileVersion>, PortError>;

    /// Returns the number of versions that reference a blob.
    async fn count_by_blob(&self, blob: BlobId) -> Result<u64, PortError>;
}
