//! Where bytes are kept.

use std::sync::Arc;

use tenantry_application::{
    ports::{BlobStore, Clock, IdGenerator, PlatformStore},
    services::BlobBackends,
};
use tenantry_blob::{LocalOptions, ObjectBlobStore, StoreContext, UploadMemory};
use tenantry_config::{Config, sections::StorageConfig};
use tenantry_domain::blob::BackendName;

use crate::error::StartError;

/// What all uploads together may hold in memory, in bytes.
const UPLOAD_MEMORY: usize = 16 * 1024 * 1024;

/// Every configured backend under its name; the one called `default` takes
/// new bytes.
pub(super) async fn blobs_from_config(
    config: &Config,
    metadata: &dyn PlatformStore,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdGenerator>,
) -> Result<BlobBackends, StartError> {
    let context = StoreContext {
        clock: Arc::clone(clock),
        ids: Arc::clone(ids),
        upload_memory: UploadMemory::new(UPLOAD_MEMORY),
    };
    let mut backends: Option<BlobBackends> = None;
    for (name, storage) in config.backends() {
        let key = backend_name(name)?;
        let is_used = metadata.upkeep().uses_backend(&key).await?;
        let store = blob_store_from_config(name, storage, is_used, context.clone())?;
        backends = Some(match backends {
            None => BlobBackends::new(key, store),
            Some(backends) => backends.with(key, store),
        });
    }
    backends.ok_or_else(|| StartError::setting("storage.kind", "no backend is configured"))
}

fn blob_store_from_config(
    name: &str,
    storage: &StorageConfig,
    is_used: bool,
    context: StoreContext,
) -> Result<Arc<dyn BlobStore>, StartError> {
    match storage {
        StorageConfig::Local(local) => {
            let options = LocalOptions {
                root: local.root.clone(),
                may_be_new: !is_used,
            };
            Ok(Arc::new(ObjectBlobStore::local(&options, context)?))
        }
        StorageConfig::Memory(_) => Ok(Arc::new(ObjectBlobStore::memory(context))),
        other => Err(StartError::NotAvailable {
            key: format!("storage {name}: kind"),
            kind: other.kind().to_owned(),
            available: "local, memory",
        }),
    }
}

fn backend_name(name: &str) -> Result<BackendName, StartError> {
    BackendName::parse(name)
        .map_err(|e| StartError::setting(format!("storages.{name}"), e.to_string()))
}
