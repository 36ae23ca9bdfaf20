//! The options of blob stores from their sections of the configuration.

#[cfg(any(
    feature = "storage-gcs",
    feature = "storage-s3",
    feature = "storage-webdav"
))]
use std::path::PathBuf;

#[cfg(any(
    feature = "storage-gcs",
    feature = "storage-s3",
    feature = "storage-webdav"
))]
use tenantry_application::ports::{PortError, PortErrorKind};
#[cfg(feature = "storage-gcs")]
use tenantry_blob::GcsOptions;
#[cfg(feature = "storage-azure")]
use tenantry_blob::{AzureCredential, AzureOptions};
#[cfg(feature = "storage-s3")]
use tenantry_blob::{S3Keys, S3Options};
#[cfg(feature = "storage-webdav")]
use tenantry_blob::{WebdavLogin, WebdavOptions};
#[cfg(feature = "storage-azure")]
use tenantry_config::sections::AzureStorageConfig;
#[cfg(feature = "storage-gcs")]
use tenantry_config::sections::GcsStorageConfig;
#[cfg(feature = "storage-s3")]
use tenantry_config::sections::S3StorageConfig;
#[cfg(feature = "storage-webdav")]
use tenantry_config::sections::WebdavStorageConfig;

#[cfg(feature = "storage-s3")]
pub(super) fn s3_options(s3: &S3StorageConfig, may_be_new: bool) -> Result<S3Options, PortError> {
    let keys = s3.access_key_id.as_ref().zip(s3.secret_access_key.as_ref());
    Ok(S3Options {
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
        authorities: read(s3.ca_file.as_ref())?,
        create: s3.create,
        may_be_new,
    })
}

#[cfg(feature = "storage-azure")]
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

#[cfg(feature = "storage-gcs")]
pub(super) fn gcs_options(
    gcs: &GcsStorageConfig,
    may_be_new: bool,
) -> Result<GcsOptions, PortError> {
    Ok(GcsOptions {
        bucket: gcs.bucket.clone(),
        service_account_key: read(gcs.credentials_file.as_ref())?,
        may_be_new,
    })
}

#[cfg(feature = "storage-webdav")]
pub(super) fn webdav_options(
    webdav: &WebdavStorageConfig,
    may_be_new: bool,
) -> Result<WebdavOptions, PortError> {
    let login = webdav.username.as_ref().zip(webdav.password.as_ref());
    Ok(WebdavOptions {
        url: webdav.url.clone(),
        login: login.map(|(username, password)| WebdavLogin {
            username: username.clone(),
            password: password.expose().to_owned(),
        }),
        authorities: read(webdav.ca_file.as_ref())?,
        create: webdav.create,
        may_be_new,
    })
}

/// Reads a file named by an option.
#[cfg(any(
    feature = "storage-gcs",
    feature = "storage-s3",
    feature = "storage-webdav"
))]
fn read(file: Option<&PathBuf>) -> Result<Option<String>, PortError> {
    let text = file.map(|file| {
        tenantry_config::read_text(file).map_err(|error| {
            let context = format!("cannot read {}", file.display());
            PortError::new(PortErrorKind::Internal, context).caused_by(error)
        })
    });
    text.transpose()
}
