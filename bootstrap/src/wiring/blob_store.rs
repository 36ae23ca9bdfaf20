//! The blob stores.

use std::sync::Arc;

use tenantry_application::{
    ports::{BlobStore, Clock, IdGenerator, PlatformStore, PortError},
    services::BlobBackends,
};
use tenantry_blob::{LocalOptions, ObjectBlobStore, ReadMemory, StoreContext, UploadMemory};
use tenantry_config::{Config, sections::StorageConfig};
use tenantry_domain::blob::BackendName;

use super::retry::retry;
use crate::error::StartError;

/// The memory for the buffers of all uploads, in bytes.
const UPLOAD_MEMORY: usize = 16 * 1024 * 1024;
/// The memory for the parts of all multipart uploads, in bytes.
const PART_MEMORY: usize = 64 * 1024 * 1024;

/// The memory for the read-ahead of all downloads, in bytes.
const READ_MEMORY: usize = 16 * 1024 * 1024;

/// Opens all configured backends. The one named `default` stores new blobs.
pub(super) async fn blobs_from_config(
    config: &Config,
    metadata: &dyn PlatformStore,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdGenerator>,
) -> Result<BlobBackends, StartError> {
    let context = StoreContext {
        clock: Arc::clone(clock),
        ids: Arc::clone(ids),
        upload_memory: UploadMemory::new(UPLOAD_MEMORY).with_parts(PART_MEMORY),
        read_memory: ReadMemory::new(READ_MEMORY),
    };
    let mut backends: Option<BlobBackends> = None;
    for (name, storage) in config.backends() {
        let key = backend_name(name)?;
        let is_used = metadata.upkeep().uses_backend(&key).await?;
        let store = open_backend(name, storage, !is_used, &context).await?;
        backends = Some(match backends {
            None => BlobBackends::new(key, store),
            Some(backends) => backends.with(key, store),
        });
    }
    backends.ok_or_else(|| StartError::setting("storage.kind", "no backend is configured"))
}

/// Opens a backend, with retries while its service is unreachable.
async fn open_backend(
    name: &str,
    storage: &StorageConfig,
    may_be_new: bool,
    context: &StoreContext,
) -> Result<Arc<dyn BlobStore>, StartError> {
    let part = format!("the storage {name}");
    let open = async || {
        let opened = blob_store_from_config(storage, may_be_new, context.clone()).await;
        opened.transpose()
    };
    match retry(&part, storage.connect_wait_seconds(), open).await {
        Ok(Some(store)) => Ok(Arc::new(store)),
        Ok(None) => {
            let key = format!("storage {name}: kind");
            Err(StartError::not_built_in(key, "storage", storage.kind()))
        }
        Err(error) => Err(StartError::Storage {
            name: name.to_owned(),
            kind: storage.kind(),
            error,
        }),
    }
}

/// Returns a blob store, or `None` if this build does not contain its kind.
#[cfg_attr(
    not(any(
        feature = "storage-azure",
        feature = "storage-gcs",
        feature = "storage-s3",
        feature = "storage-webdav"
    )),
    expect(clippy::unused_async, reason = "used by services")
)]
async fn blob_store_from_config(
    storage: &StorageConfig,
    may_be_new: bool,
    context: StoreContext,
) -> Option<Result<ObjectBlobStore, PortError>> {
    Some(match storage {
        StorageConfig::Local(local) => {
            let options = LocalOptions {
                root: local.root.clone(),
                may_be_new,
            };
            ObjectBlobStore::local(&options, context)
        }
        StorageConfig::Memory(_) => Ok(ObjectBlobStore::memory(context)),
        #[cfg(feature = "storage-s3")]
        StorageConfig::S3(s3) => match super::storage_options::s3_options(s3, may_be_new) {
            Ok(options) => ObjectBlobStore::s3(&options, context).await,
            Err(error) => Err(error),
        },
        #[cfg(feature = "storage-azure")]
        StorageConfig::Azure(azure) => {
            ObjectBlobStore::azure(
                &super::storage_options::azure_options(azure, may_be_new),
                context,
            )
            .await
        }
        #[cfg(feature = "storage-gcs")]
        StorageConfig::Gcs(gcs) => match super::storage_options::gcs_options(gcs, may_be_new) {
            Ok(options) => ObjectBlobStore::gcs(&options, context).await,
            Err(error) => Err(error),
        },
        #[cfg(feature = "storage-webdav")]
        StorageConfig::Webdav(webdav) => {
            match super::storage_options::webdav_options(webdav, may_be_new) {
                Ok(options) => ObjectBlobStore::webdav(&options, context).await,
                Err(error) => Err(error),
            }
        }
        #[cfg(not(feature = "storage-s3"))]
        StorageConfig::S3(_) => return None,
        #[cfg(not(feature = "storage-azure"))]
        StorageConfig::Azure(_) => return None,
        #[cfg(not(feature = "storage-gcs"))]
        StorageConfig::Gcs(_) => return None,
        #[cfg(not(feature = "storage-webdav"))]
        StorageConfig::Webdav(_) => return None,
    })
}

fn backend_name(name: &str) -> Result<BackendName, StartError> {
    BackendName::parse(name)
        .map_err(|e| StartError::setting(format!("storages.{name}"), e.to_string()))
}
