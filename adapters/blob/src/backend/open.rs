//! Checks when a bucket or container is opened: it exists, is the expected one,
//! and can be written.

use std::sync::Arc;

use object_store::ObjectStore;
use tenantry_application::ports::{BlobStore, PortError};

use super::{
    marker::check_marker,
    objects::{ObjectBackend, Service},
};
use crate::{
    network::ErrorResponse,
    store::{ObjectBlobStore, StoreContext},
};

/// The expectations of a bucket or container.
#[derive(Debug, Clone, Copy)]
pub(super) struct BucketExpectation {
    /// Whether to create it if missing.
    pub(super) create: bool,
    /// Whether it may be new. If blobs are known to be stored in it, one that
    /// never held any is the wrong one.
    pub(super) may_be_new: bool,
}

/// Opens a bucket or container.
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
        client.warn_of_clock_skew();
    }
    Ok(store)
}

fn is_missing_bucket(error: &PortError) -> bool {
    ErrorResponse::behind(error).is_some_and(ErrorResponse::is_missing_bucket)
}
