//! The options of blob stores from their sections of the configuration.

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
pub(super) fn gcs_options(gcs: &GcsStorageConfig, may_be_new: bool) -> GcsOptions {
    GcsOptions {
        bucket: gcs.bucket.clone(),
        credentials_file: gcs.credentials_file.clone(),
        may_be_new,
    }
}

#[cfg(feature = "storage-webdav")]
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
