//! Objects in any store supported by `object_store`.

mod backend;
mod error;
mod service;
mod upload;

use std::sync::Arc;

use object_store::ObjectStore;

pub(super) use self::backend::ObjectBackend;
#[cfg(feature = "s3")]
pub(super) use self::error::is_missing_upload;
#[cfg(feature = "s3")]
pub(super) use self::service::{MultipartUploads, UnfinishedUpload};
#[cfg(feature = "objects")]
pub(super) use self::{error::from_store, service::Service};
use crate::store::{ObjectBlobStore, StoreContext};

impl ObjectBlobStore {
    /// Creates a store on top of any object store, for services without a
    /// dedicated constructor.
    pub fn objects(store: Arc<dyn ObjectStore>, context: StoreContext) -> Self {
        let backend = ObjectBackend::new(store, context.upload_memory.clone());
        Self::new(Arc::new(backend), context)
    }
}
