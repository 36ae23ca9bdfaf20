//! What services do each in their own way.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use tenantry_application::ports::{
    BlobCapabilities, PortError, PortErrorKind, PresignAccess, PresignedRequest,
};
use tenantry_domain::Timestamp;

use crate::name::ObjectName;

/// A service, beside what `object_store` makes the same of all.
#[async_trait]
pub(crate) trait Service: Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> BlobCapabilities;

    /// Deletes one object.
    async fn delete(&self, store: &dyn ObjectStore, path: &Path) -> object_store::Result<()> {
        store.delete(path).await
    }

    /// The uploads in parts that are not finished; `None` where they cannot
    /// be seen.
    fn uploads(&self) -> Option<&dyn Uploads> {
        None
    }

    /// Signs a request.
    async fn presign(
        &self,
        _path: &Path,
        _access: &PresignAccess,
        _lifetime: Duration,
    ) -> Result<PresignedRequest, PortError> {
        let context = "this storage signs no requests";
        Err(PortError::new(PortErrorKind::Unsupported, context))
    }

    /// Makes a signed request; answers the body.
    async fn follow(&self, _request: PresignedRequest, _body: Bytes) -> Result<Bytes, PortError> {
        let context = "this storage is not reached by requests";
        Err(PortError::new(PortErrorKind::Unsupported, context))
    }

    /// By how much its clock differed from ours when it last answered.
    fn clock_difference(&self) -> Option<Duration> {
        None
    }
}

/// Uploads in parts that are neither complete nor aborted. No list of objects
/// shows them.
#[async_trait]
pub(crate) trait Uploads: Send + Sync {
    /// Those of one object, or of all. Of very many not all at once, and none
    /// of foreign names.
    async fn list(&self, of: Option<ObjectName>) -> Result<Vec<OpenUpload>, PortError>;

    /// Aborts one. It may be gone already.
    async fn abort(&self, upload: &OpenUpload) -> Result<(), PortError>;
}

/// An upload in parts that is not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenUpload {
    /// What it is to become.
    pub(crate) name: ObjectName,
    /// The service's own name for it.
    pub(crate) id: String,
    /// When it began, by the service's clock.
    pub(crate) begun_at: Timestamp,
}

/// The memory of this process.
pub(super) struct Plain;

impl Service for Plain {
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
