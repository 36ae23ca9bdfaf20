//! Checks when a bucket, container or collection is opened: it exists, is the
//! expected one, and can be written.

#[cfg(feature = "objects")]
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "objects")]
use object_store::ObjectStore;
#[cfg(feature = "objects")]
use tenantry_application::ports::BlobStore;
use tenantry_application::ports::{PortError, PortErrorKind};

#[cfg(feature = "objects")]
use super::objects::{ObjectBackend, Service};
use crate::network::ServiceClient;
#[cfg(feature = "objects")]
use crate::{
    network::ErrorResponse,
    store::{ObjectBlobStore, StoreContext},
};

/// The expectations of a bucket or container.
#[cfg(feature = "objects")]
#[derive(Debug, Clone, Copy)]
pub(super) struct BucketExpectation {
    /// Whether to create it if missing.
    pub(super) create: bool,
    /// Whether it may be new. If blobs are known to be stored in it, one that
    /// never held any is the wrong one.
    pub(super) may_be_new: bool,
}

/// The maximum clock skew without a warning: services reject signatures that are
/// five to fifteen minutes off.
const MAX_CLOCK_SKEW: Duration = Duration::from_mins(2);

/// Opens a bucket or container.
#[cfg(feature = "objects")]
pub(super) async fn open_bucket(
    objects: Arc<dyn ObjectStore>,
    service: Arc<dyn Service>,
    context: StoreContext,
    BucketExpectation { create, may_be_new }: BucketExpectation,
) -> Result<ObjectBlobStore, PortError> {
    let memory = context.upload_memory.clone();
    let backend = ObjectBackend::with_service(objects, Arc::clone(&service), memory);
    let store = ObjectBlobStore::new(Arc::new(backend.clone()), context);
    // A probe, because the response to `HEAD` has no body with an error code.
    match store.probe().await {
        Err(error) if create && may_be_new && is_missing_bucket(&error) => {
            service.create_bucket().await?;
            store.probe().await?;
        }
        result => result?,
    }
    check_marker(may_be_new, backend.write_marker(), backend.has_marker()).await?;
    if let Some(client) = service.client() {
        warn_of_clock_skew(client);
    }
    Ok(store)
}

/// Writes the marker where it may be missing; otherwise requires it.
pub(super) async fn check_marker(
    may_be_new: bool,
    write: impl Future<Output = Result<(), PortError>>,
    exists: impl Future<Output = Result<bool, PortError>>,
) -> Result<(), PortError> {
    if may_be_new {
        write.await
    } else if exists.await? {
        Ok(())
    } else {
        let context = "no blobs were ever stored in this bucket, container or collection, \
                       although files are recorded for it; check whether another one was \
                       configured under this name";
        Err(PortError::new(PortErrorKind::Internal, context))
    }
}

/// Logs a warning if the clock skew is about to make signatures invalid.
pub(super) fn warn_of_clock_skew(client: &ServiceClient) {
    if let Some(skew) = client.clock_skew()
        && skew > MAX_CLOCK_SKEW
    {
        let seconds = skew.as_secs();
        tracing::warn!(
            seconds,
            "the clocks of this machine and the storage differ; set this machine's clock"
        );
    }
}

#[cfg(feature = "objects")]
fn is_missing_bucket(error: &PortError) -> bool {
    ErrorResponse::behind(error).is_some_and(ErrorResponse::is_missing_bucket)
}
