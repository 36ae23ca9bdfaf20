//! What services do each in their own way.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use tenantry_application::ports::{
    BlobCapabilities, PortError, PortErrorKind, PresignAccess, PresignedRequest,
};

/// A service, beside what `object_store` makes the same of all.
#[async_trait]
pub(crate) trait Service: Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> BlobCapabilities;

    /// Deletes one object.
    async fn delete(&self, store: &dyn ObjectStore, path: &Path) -> object_store::Result<()> {
        store.delete(path).await
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
