//! `storage` and `storages.<name>`: storage backends for file contents.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::problem::Problem;
use crate::profile::Profile;
use crate::secret::Secret;

/// A storage backend, selected by `kind`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StorageConfig {
    /// A directory on the local disk.
    Local(LocalStorageConfig),
    /// Amazon S3 or a compatible service, such as MinIO.
    S3(S3StorageConfig),
    /// Azure Blob Storage.
    Azure(AzureStorageConfig),
    /// Google Cloud Storage.
    Gcs(GcsStorageConfig),
    /// A collection on a WebDAV server.
    Webdav(WebdavStorageConfig),
    /// The memory of this process; its contents are lost when the process ends.
    Memory(MemoryStorageConfig),
}

/// A directory on the local disk.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LocalStorageConfig {
    /// The directory, created if missing; by default `blobs` in `app.data`.
    #[schemars(length(min = 1))]
    pub root: PathBuf,
}

impl Default for LocalStorageConfig {
    fn default() -> Self {
        Self {
            root: PathBuf::from("./data/blobs"),
        }
    }
}

/// Amazon S3 or a compatible service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct S3StorageConfig {
    /// The bucket.
    #[schemars(length(min = 1))]
    pub bucket: String,
    /// The region; `us-east-1` if neither this key nor the environment sets it.
    pub region: Option<String>,
    /// The URL of the service, unless it is Amazon S3.
    pub endpoint: Option<Url>,
    /// The URL of the service for clients, used in presigned URLs.
    pub public_endpoint: Option<Url>,
    /// The access key id. Without it and `secret_access_key`, the role of the machine is used.
    pub access_key_id: Option<String>,
    /// The secret access key.
    pub secret_access_key: Option<Secret>,
    /// The session token of a temporary access key, which is not renewed.
    pub session_token: Option<Secret>,
    /// Whether URLs contain the bucket in the path instead of the host name; required for MinIO.
    #[serde(default)]
    pub path_style: bool,
    /// Whether an endpoint without TLS is allowed.
    #[serde(default)]
    pub allow_http: bool,
    /// Whether to create a missing bucket at startup.
    #[serde(default)]
    pub create: bool,
    /// The PEM file of additional trusted certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// The time to wait at startup for an unreachable service, in seconds.
    #[serde(default = "connect_wait_seconds")]
    #[schemars(range(max = 3600))]
    pub connect_wait_seconds: u64,
}

/// Azure Blob Storage.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AzureStorageConfig {
    /// The storage account, unless `connection_string` contains it.
    pub account: Option<String>,
    /// The container.
    #[schemars(length(min = 1))]
    pub container: String,
    /// The access key of the account. Set at most one of `access_key`, `sas` and
    /// `connection_string`; without them, the identity of the machine is used.
    pub access_key: Option<Secret>,
    /// A shared access signature.
    pub sas: Option<Secret>,
    /// A connection string.
    pub connection_string: Option<Secret>,
    /// The URL of the service, unless it is Azure.
    pub endpoint: Option<Url>,
    /// The URL of the service for clients, used in presigned URLs.
    pub public_endpoint: Option<Url>,
    /// Whether an endpoint without TLS is allowed.
    #[serde(default)]
    pub allow_http: bool,
    /// Whether to create a missing container at startup.
    #[serde(default)]
    pub create: bool,
    /// The time to wait at startup for an unreachable service, in seconds.
    #[serde(default = "connect_wait_seconds")]
    #[schemars(range(max = 3600))]
    pub connect_wait_seconds: u64,
}

/// Google Cloud Storage.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GcsStorageConfig {
    /// The bucket.
    #[schemars(length(min = 1))]
    pub bucket: String,
    /// The JSON file of a service account. Without it, the identity of the machine is used.
    pub credentials_file: Option<PathBuf>,
    /// The time to wait at startup for an unreachable service, in seconds.
    #[serde(default = "connect_wait_seconds")]
    #[schemars(range(max = 3600))]
    pub connect_wait_seconds: u64,
}

/// A collection on a WebDAV server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebdavStorageConfig {
    /// The URL of the collection.
    pub url: Url,
    /// The username, without a colon; requires `password`.
    pub username: Option<String>,
    /// The password; requires `username`.
    pub password: Option<Secret>,
    /// Whether a URL without TLS is allowed.
    #[serde(default)]
    pub allow_http: bool,
    /// Whether to create a missing collection at startup. Its parent must exist.
    #[serde(default)]
    pub create: bool,
    /// The PEM file of additional trusted certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// The time to wait at startup for an unreachable server, in seconds.
    #[serde(default = "connect_wait_seconds")]
    #[schemars(range(max = 3600))]
    pub connect_wait_seconds: u64,
}

fn connect_wait_seconds() -> u64 {
    30
}

/// The memory of this process; it has no keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryStorageConfig {}

impl Default for StorageConfig {
    fn default() -> Self {
        Self::Local(LocalStorageConfig::default())
    }
}

impl StorageConfig {
    /// Returns the value of `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            Self::S3(_) => "s3",
            Self::Azure(_) => "azure",
            Self::Gcs(_) => "gcs",
            Self::Webdav(_) => "webdav",
            Self::Memory(_) => "memory",
        }
    }

    /// Returns the time to wait at startup for an unreachable service, in seconds; 0 for local kinds.
    pub fn connect_wait_seconds(&self) -> u64 {
        match self {
            Self::S3(s3) => s3.connect_wait_seconds,
            Self::Azure(azure) => azure.connect_wait_seconds,
            Self::Gcs(gcs) => gcs.connect_wait_seconds,
            Self::Webdav(webdav) => webdav.connect_wait_seconds,
            Self::Local(_) | Self::Memory(_) => 0,
        }
    }

    /// Rejects incomplete or multiple credentials, and an endpoint without TLS unless allowed.
    /// `section` is the section of this backend: `storage` or `storages.<name>`.
    pub fn validate(&self, section: &str, _profile: Profile) -> Result<(), Problem> {
        let result = match self {
            Self::S3(s3) => s3.validate(),
            Self::Azure(azure) => azure.validate(),
            Self::Webdav(webdav) => webdav.validate(),
            Self::Local(_) | Self::Gcs(_) | Self::Memory(_) => Ok(()),
        };
        result.map_err(|problem| problem.under(section))
    }
}

impl S3StorageConfig {
    fn validate(&self) -> Result<(), Problem> {
        if self.access_key_id.is_some() != self.secret_access_key.is_some() {
            let reason = "access_key_id and secret_access_key must be set together";
            return Err(Problem::new("access_key_id", reason));
        }
        if self.session_token.is_some() && self.access_key_id.is_none() {
            let reason = "requires access_key_id and secret_access_key";
            return Err(Problem::new("session_token", reason));
        }
        validate_endpoint("endpoint", self.endpoint.as_ref(), self.allow_http)?;
        validate_endpoint("public_endpoint", self.public_endpoint.as_ref(), true)
    }
}

impl AzureStorageConfig {
    fn validate(&self) -> Result<(), Problem> {
        let credentials = [&self.access_key, &self.sas, &self.connection_string];
        if credentials.into_iter().flatten().count() > 1 {
            let reason = "set only one of access_key, sas and connection_string";
            return Err(Problem::new("access_key", reason));
        }
        if self.account.is_none() && self.connection_string.is_none() {
            let reason = "missing; set it or connection_string";
            return Err(Problem::new("account", reason));
        }
        validate_endpoint("endpoint", self.endpoint.as_ref(), self.allow_http)?;
        validate_endpoint("public_endpoint", self.public_endpoint.as_ref(), true)
    }
}

impl WebdavStorageConfig {
    fn validate(&self) -> Result<(), Problem> {
        if self.username.is_some() != self.password.is_some() {
            let reason = "username and password must be set together";
            return Err(Problem::new("username", reason));
        }
        if self.username.as_ref().is_some_and(|it| it.contains(':')) {
            return Err(Problem::new("username", "must not contain a colon"));
        }
        validate_endpoint("url", Some(&self.url), self.allow_http)
    }
}

fn validate_endpoint(key: &str, url: Option<&Url>, allow_http: bool) -> Result<(), Problem> {
    match url.map(Url::scheme) {
        None | Some("https") => Ok(()),
        Some("http") if allow_http => Ok(()),
        Some("http") => Err(Problem::new(
            key,
            "has no TLS; use https:// or set allow_http",
        )),
        Some(_) => Err(Problem::new(key, "must start with https:// or http://")),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use serde_json::json;

    use super::*;

    fn line(storage: serde_json::Value) -> String {
        let storage: StorageConfig = serde_json::from_value(storage).unwrap();
        let result = storage.validate("storages.a", Profile::Production);
        result.map_or_else(|problem| problem.to_string(), |()| "ok".to_owned())
    }

    #[test]
    fn credentials_must_be_complete_and_unique() {
        let half = json!({ "kind": "s3", "bucket": "b", "access_key_id": "a" });
        assert!(line(half).starts_with("configuration: storages.a.access_key_id: "));
        let alone = json!({ "kind": "s3", "bucket": "b", "session_token": "hunter2" });
        let rejected = line(alone);
        assert!(rejected.contains("session_token: requires access_key_id"));
        assert!(!rejected.contains("hunter2"));
        let twice = json!({ "kind": "azure", "container": "c", "account": "a",
            "access_key": "k", "sas": "s" });
        assert!(line(twice).contains("only one of"));
        assert!(line(json!({ "kind": "azure", "container": "c" })).contains("account: missing"));
        let string = json!({ "kind": "azure", "container": "c", "connection_string": "s" });
        assert_eq!(line(string), "ok");
        let half = json!({ "kind": "webdav", "url": "https://dav/a", "username": "u" });
        assert!(line(half).contains("username: username and password must be set together"));
        let colon = json!({ "kind": "webdav", "url": "https://dav/a", "username": "u:v",
            "password": "p" });
        assert!(line(colon).contains("username: must not contain a colon"));
        let none = json!({ "kind": "webdav", "url": "https://dav/a" });
        assert_eq!(line(none), "ok");
        let plain = json!({ "kind": "webdav", "url": "http://dav/a" });
        assert!(line(plain).contains("storages.a.url: has no TLS"));
    }

    #[test]
    fn endpoints_without_tls_require_allow_http() {
        let mut s3 = json!({ "kind": "s3", "bucket": "b", "endpoint": "http://minio:9000" });
        assert!(line(s3.clone()).contains("storages.a.endpoint: has no TLS"));
        s3["allow_http"] = true.into();
        assert_eq!(line(s3.clone()), "ok");
        s3["endpoint"] = "ftp://minio".into();
        assert!(line(s3).contains("must start with"));
    }
}
