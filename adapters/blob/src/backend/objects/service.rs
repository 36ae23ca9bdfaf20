//! Differences between object storage services.

use std::time::Duration;

use async_trait::async_trait;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use tenantry_application::ports::{
    BlobCapabilities, PortError, PortErrorKind, PresignAccess, PresignedRequest,
};
use tenantry_domain::Timestamp;

use crate::name::ObjectName;
#[cfg(feature = "objects")]
use crate::network::ServiceClient;

/// The operations of a service that `object_store` does not unify.
#[async_trait]
pub(in crate::backend) trait Service: Send + Sync {
    /// Returns the capabilities.
    fn capabilities(&self) -> BlobCapabilities;

    /// Deletes one object.
    async fn delete(&self, store: &dyn ObjectStore, path: &Path) -> object_store::Result<()> {
        store.delete(path).await
    }

    /// Returns access to unfinished multipart uploads, if they can be listed.
    fn multipart_uploads(&self) -> Option<&dyn MultipartUploads> {
        None
    }

    /// Presigns a request.
    async fn presign(
        &self,
        _path: &Path,
        _access: &PresignAccess,
        _lifetime: Duration,
    ) -> Result<PresignedRequest, PortError> {
        let context = "this storage does not support presigned requests";
        Err(PortError::new(PortErrorKind::Unsupported, context))
    }

    /// Returns the HTTP client, unless the store is in memory.
    #[cfg(feature = "objects")]
    fn client(&self) -> Option<&ServiceClient> {
        None
    }

    /// Creates the bucket or container; creating an existing one succeeds.
    #[cfg(feature = "objects")]
    async fn create_bucket(&self) -> Result<(), PortError> {
        let context = "this storage does not support creating a bucket";
        Err(PortError::new(PortErrorKind::Unsupported, context))
    }
}

/// Access to multipart uploads that are neither completed nor aborted, which
/// object listings do not contain.
#[async_trait]
pub(in crate::backend) trait MultipartUploads: Send + Sync {
    /// Lists the unfinished uploads of one object, or of all, without foreign
    /// names. The number of results may be limited.
    async fn list(&self, name: Option<ObjectName>) -> Result<Vec<UnfinishedUpload>, PortError>;

    /// Aborts an upload; aborting a missing upload succeeds.
    async fn abort(&self, upload: &UnfinishedUpload) -> Result<(), PortError>;
}

/// An unfinished multipart upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::backend) struct UnfinishedUpload {
    /// The object to be written.
    pub(in crate::backend) name: ObjectName,
    /// The service's id of the upload.
    pub(in crate::backend) id: String,
    /// The start of the upload by the service's clock.
    pub(in crate::backend) started_at: Timestamp,
}

/// The in-memory store, and stores without a dedicated constructor.
pub(super) struct MemoryService;

impl Service for MemoryService {
    fn capabilities(&self) -> BlobCapabilities {
        BlobCapabilities {
            kind: "memory",
            multipart: true,
            conditional_write: true,
            ends_unfinished: false,
            presign: None,
        }
    }
}
