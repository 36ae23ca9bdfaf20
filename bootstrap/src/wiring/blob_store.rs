//! Where bytes are kept.

use std::sync::Arc;

use tenantry_application::{
    ports::{BlobStore, Clock, IdGenerator, PlatformStore, PortError},
    services::BlobBackends,
};
use tenantry_blob::{LocalOptions, ObjectBlobStore, StoreContext, UploadMemory};
use tenantry_config::{Config, sections::StorageConfig};
use tenantry_domain::blob::BackendName;

use super::patience::patiently;
use crate::error::StartError;

/// What all uploads together may hold in memory, in bytes: of what they
/// gather, and of the parts that services take.
const UPLOAD_MEMORY: usize = 16 * 1024 * 1024;
const PART_MEMORY: usize = 64 * 1024 * 1024;

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
        upload_memory: UploadMemory::new(UPLOAD_MEMORY).with_parts(PART_MEMORY),
    };
    let mut backends: Option<BlobBackends> = None;
    for (name, storage) in config.backends() {
        let key = backend_name(name)?;
        let is_used = metadata.upkeep().uses_backend(&key).await?;
        let store = open_patiently(name, storage, !is_used, &context).await?;
        backends = Some(match backends {
            None => BlobBackends::new(key, store),
            Some(backends) => backends.with(key, store),
        });
    }
    backends.ok_or_else(|| StartError::setting("storage.kind", "no backend is configured"))
}

/// Waits for a service that is not up yet; one that answers and refuses ends
/// the start at once.
async fn open_patiently(
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
    match patiently(&part, storage.connect_wait_seconds(), open).await {
        Ok(Some(store)) => Ok(Arc::new(store)),
        Ok(None) => {
            let key = format!("storage {name}: kind");
            Err(StartError::not_built_in(key, storage.kind()))
        }
        Err(error) => Err(StartError::Storage {
            name: name.to_owned(),
            kind: storage.kind(),
            error,
        }),
    }
}

/// `None` for a kind that is not built in.
#[cfg_attr(
    not(any(feature = "azure", feature = "gcs", feature = "s3", feature = "webdav")),
    expect(clippy::unused_async, reason = "services are waited for")
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
        #[cfg(feature = "s3")]
        StorageConfig::S3(s3) => {
            ObjectBlobStore::s3(&services::s3_options(s3, may_be_new), context).await
        }
        #[cfg(feature = "azure")]
        StorageConfig::Azure(azure) => {
            ObjectBlobStore::azure(&services::azure_options(azure, may_be_new), context).await
        }
        #[cfg(feature = "gcs")]
        StorageConfig::Gcs(gcs) => {
            ObjectBlobStore::gcs(&services::gcs_options(gcs, may_be_new), context).await
        }
        #[cfg(feature = "webdav")]
        StorageConfig::Webdav(webdav) => {
            ObjectBlobStore::webdav(&services::webdav_options(webdav, may_be_new), context).await
        }
        #[cfg(not(feature = "s3"))]
        StorageConfig::S3(_) => return None,
        #[cfg(not(feature = "azure"))]
        StorageConfig::Azure(_) => return None,
        #[cfg(not(feature = "gcs"))]
        StorageConfig::Gcs(_) => return None,
        #[cfg(not(feature = "webdav"))]
        StorageConfig::Webdav(_) => return None,
    })
}

fn backend_name(name: &str) -> Result<BackendName, StartError> {
    BackendName::parse(name)
        .map_err(|e| StartError::setting(format!("storages.{name}"), e.to_string()))
}

/// From the sections of services to the options of their adapters.
mod services {
    #[cfg(feature = "gcs")]
    use tenantry_blob::GcsOptions;
    #[cfg(feature = "azure")]
    use tenantry_blob::{AzureCredential, AzureOptions};
    #[cfg(feature = "s3")]
    use tenantry_blob::{S3Keys, S3Options};
    #[cfg(feature = "webdav")]
    use tenantry_blob::{WebdavLogin, WebdavOptions};
    #[cfg(feature = "azure")]
    use tenantry_config::sections::AzureStorageConfig;
    #[cfg(feature = "gcs")]
    use tenantry_config::sections::GcsStorageConfig;
    #[cfg(feature = "s3")]
    use tenantry_config::sections::S3StorageConfig;
    #[cfg(feature = "webdav")]
    use tenantry_config::sections::WebdavStorageConfig;

    #[cfg(feature = "s3")]
    pub(super) fn s3_options(s3: &S3StorageConfig, may_be_new: bool) -> S3Options {
        let keys = s3.access_key_id.as_ref().zip(s3.secret_access_key.as_ref());
        S3Options {
            bucket: s3.bucket.clone(),
            region: s3.region.clone(),
            endpoint: s3.endpoint.clone(),
            public_endpoint: s3.public_endpoint.clone(),
            keys: keys.map(|(id, secret)| S3Keys {
                access_key_id: id.clone(),
                secret_access_key: secret.expose().to_owned(),
                session_token: s3.session_token.as_ref().map(|it| it.expose().to_owned()),
            }),
            path_style: s3.path_style,
            ca_file: s3.ca_file.clone(),
            create: s3.create,
            may_be_new,
        }
    }

    #[cfg(feature = "azure")]
    pub(super) fn azure_options(azure: &AzureStorageConfig, may_be_new: bool) -> AzureOptions {
        let credential = match (&azure.access_key, &azure.sas, &azure.connection_string) {
            (Some(key), _, _) => AzureCredential::AccessKey(key.expose().to_owned()),
            (_, Some(sas), _) => AzureCredential::Sas(sas.expose().to_owned()),
            (_, _, Some(text)) => AzureCredential::ConnectionString(text.expose().to_owned()),
            (None, None, None) => AzureCredential::Identity,
        };
        AzureOptions {
            account: azure.account.clone(),
            container: azure.container.clone(),
            credential,
            endpoint: azure.endpoint.clone(),
            public_endpoint: azure.public_endpoint.clone(),
            create: azure.create,
            may_be_new,
        }
    }

    #[cfg(feature = "gcs")]
    pub(super) fn gcs_options(gcs: &GcsStorageConfig, may_be_new: bool) -> GcsOptions {
        GcsOptions {
            bucket: gcs.bucket.clone(),
            credentials_file: gcs.credentials_file.clone(),
            may_be_new,
        }
    }

    #[cfg(feature = "webdav")]
    pub(super) fn webdav_options(webdav: &WebdavStorageConfig, may_be_new: bool) -> WebdavOptions {
        let login = webdav.username.as_ref().zip(webdav.password.as_ref());
        WebdavOptions {
            url: webdav.url.clone(),
            login: login.map(|(username, password)| WebdavLogin {
                username: username.clone(),
                password: password.expose().to_owned(),
            }),
            ca_file: webdav.ca_file.clone(),
            create: webdav.create,
            may_be_new,
        }
    }
}
