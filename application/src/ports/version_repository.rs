//! Versions of files of one tenant, as stored.

use async_trait::async_trait;
use tenantry_domain::{
    id::{BlobId, FileId, VersionId},
    version::FileVersion,
};

use super::PortError;

/// Reads versions of the tenant its handle was opened for.
#[async_trait]
pub trait VersionRepository: Send + Sync {
    /// The version of an id.
    async fn lookup(&self, id: VersionId) -> Result<Option<FileVersion>, PortError>;

    /// The version of a file by its number.
    async fn find_by_number(
        &self,
        file: FileId,
        number: u32,
    ) -> Result<Option<FileVersion>, PortError>;

    /// Versions of a file, newest first, those with a number below `before`,
    /// at most `limit`.
    async fn list(
        &self,
        file: FileId,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<FileVersion>, PortError>;

    /// Every version of the tenant by ascending id, those after `after`, at
    /// most `limit`: for checks of the whole.
    async fn scan(
        &self,
        after: Option<VersionId>,
        limit: u32,
    ) -> Result<Vec<FileVersion>, PortError>;

    /// How many versions show a blob.
    async fn count_by_blob(&self, blob: BlobId) -> Result<u64, PortError>;
}
