//! `storage` and `storages.<name>`: where the contents of files lie.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::problem::Problem;
use crate::profile::Profile;
use crate::secret::Secret;

/// One storage backend, and its own keys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StorageConfig {
    /// A folder of this machine.
    Local(LocalStorageConfig),
    /// Amazon S3 or a service that speaks its protocol, such as MinIO.
    S3(S3StorageConfig),
    /// Azure Blob Storage.
    Azure(AzureStorageConfig),
    /// Google Cloud Storage.
    Gcs(GcsStorageConfig),
    /// A collection of a WebDAV server.
    Webdav(WebdavStorageConfig),
    /// The memory of this process; gone with it.
    Memory(MemoryStorageConfig),
}

/// A folder of this machine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LocalStorageConfig {
    /// The folder, made when missing; `blobs` in the folder `app.data` where none is given.
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

/// Amazon S3 or a service that speaks its protocol.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct S3StorageConfig {
    /// The bucket.
    #[schemars(length(min = 1))]
    pub bucket: String,
    /// Its region; `us-east-1` where nothing tells.
    pub region: Option<String>,
    /// The service, where it is not Amazon's.
    pub endpoint: Option<Url>,
    /// The same service as clients reach it; written into signed URLs.
    pub public_endpoint: Option<Url>,
    /// Name of the access key; together with its secret, or neither (the machine's role).
    pub access_key_id: Option<String>,
    /// The access key's secret.
    pub secret_access_key: Option<Secret>,
    /// The token of an access key that is good for a while only: it is not renewed here.
    pub session_token: Option<Secret>,
    /// Whether the bucket stands in the path rather than in the host name; MinIO needs it.
    #[serde(default)]
    pub path_style: bool,
    /// Whether an endpoint without TLS is accepted.
    #[serde(default)]
    pub allow_http: bool,
    /// Whether a missing bucket is made at start.
    #[serde(default)]
    pub create: bool,
    /// PEM file of further certificate authorities to trust.
    pub ca_file: Option<PathBuf>,
    /// Seconds the start waits for a service that cannot be reached.
    #[serde(default = "connect_wait_seconds")]
    #[schemars(range(max = 3600))]
    pub connect_wait_seconds: u64,
}

/// Azure Blob Storage.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AzureStorageConfig {
    /// The storage account; needed unless the connection string names it.
    pub account: Option<String>,
    /// The container.
    #[schemars(length(min = 1))]
    pub container: String,
    /// A key of the account. At most one of this, `sas` and `connection_string`; none: the
    /// machine's identity.
    pub access_key: Option<Secret>,
    /// A shared access signature.
    pub sas: Option<Secret>,
    /// A connection string.
    pub connection_string: Option<Secret>,
    /// The service, where it is not Microsoft's.
    pub endpoint: Option<Url>,
    /// The same service as clients reach it; written into signed URLs.
    pub public_endpoint: Option<Url>,
    /// Whether an endpoint without TLS is accepted.
    #[serde(default)]
    pub allow_http: bool,
    /// Whether a missing container is made at start.
    #[serde(default)]
    pub create: bool,
    /// Seconds the start waits for a service that cannot be reached.
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
    /// JSON file of a service account; without one the machine's identity.
    pub credentials_file: Option<PathBuf>,
    /// Seconds the start waits for a service that cannot be reached.
    #[serde(default = "connect_wait_seconds")]
    #[schemars(range(max = 3600))]
    pub connect_wait_seconds: u64,
}

/// A collection of a WebDAV server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebdavStorageConfig {
    /// The collection.
    pub url: Url,
    /// Who asks for it, without a colon; together with a password, or neither.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// Whether a url without TLS is accepted.
    #[serde(default)]
    pub allow_http: bool,
    /// Whether a missing collection is made at start; the one that it lies in has to be there.
    #[serde(default)]
    pub create: bool,
    /// PEM file of further certificate authorities to trust.
    pub ca_file: Option<PathBuf>,
    /// Seconds the start waits for a server that cannot be reached.
    #[serde(default = "connect_wait_seconds")]
    #[schemars(range(max = 3600))]
    pub connect_wait_seconds: u64,
}

fn connect_wait_seconds() -> u64 {
    30
}

/// The memory of this process; has no keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryStorageConfig {}

impl Default for StorageConfig {
    fn default() -> Self {
        Self::Local(LocalStorageConfig::default())
    }
}

impl StorageConfig {
    /// The value of `kind`.
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

    /// How many seconds the start waits for it; none for what is on this machine.
    pub fn connect_wait_seconds(&self) -> u64 {
        match self {
            Self::S3(s3) => s3.connect_wait_seconds,
            Self::Azure(azure) => azure.connect_wait_seconds,
            Self::Gcs(gcs) => gcs.connect_wait_seconds,
            Self::Webdav(webdav) => webdav.connect_wait_seconds,
            Self::Local(_) | Self::Memory(_) => 0,
        }
    }

    /// Refuses half or several credentials and an endpoint without TLS that is not allowed.
    /// `section` is where this backend stands: `storage` or `storages.<name>`.
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
            let reason = "access_key_id and secret_access_key only work together";
            return Err(Problem::new("access_key_id", reason));
        }
        if self.session_token.is_some() && self.access_key_id.is_none() {
            let reason = "only works with access_key_id and secret_access_key";
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
            let reason = "give only one of access_key, sas and connection_string";
            return Err(Problem::new("access_key", reason));
        }
        if self.account.is_none() && self.connection_string.is_none() {
            let reason = "missing, and there is no connection_string to name it";
            return Err(Problem::new("account", reason));
        }
        validate_endpoint("endpoint", self.endpoint.as_ref(), self.allow_http)?;
        validate_endpoint("public_endpoint", self.public_endpoint.as_ref(), true)
    }
}

impl WebdavStorageConfig {
    fn validate(&self) -> Result<(), Problem> {
        if self.username.is_some() != self.password.is_some() {
            let reason = "username and password only work together";
            return Err(Problem::new("username", reason));
        }
        if self.username.as_ref().is_some_and(|it| it.contains(':')) {
            return Err(Problem::new("username", "must not contain a colon"));
        }
        validate_endpoint("url", Some(&self.url), self.allow_http)
    }
}

fn validate_endpoint(key: &str, url: Option<&Url>, allow_http: bool) -> Result<(), Problem> {
    if url.is_some_and(|url| !url.username().is_empty() || url.password().is_some()) {
        return Err(Problem::new(key, "must not contain a login"));
    }
    match url.map(Url::scheme) {
        None | Some("https") => Ok(()),
        Some("http") if allow_http => Ok(()),
        Some("http") => Err(Problem::new(
            key,
            "is without TLS; set allow_http if that is meant",
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
        result.map_or_else(|problem| problem.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn credentials_come_whole_and_once() {
        let half = json!({ "kind": "s3", "bucket": "b", "access_key_id": "a" });
        assert!(line(half).starts_with("configuration: storages.a.access_key_id: "));
        let alone = json!({ "kind": "s3", "bucket": "b", "session_token": "hunter2" });
        let refused = line(alone);
        assert!(refused.contains("session_token: only works with"));
        assert!(!refused.contains("hunter2"));
        let twice = json!({ "kind": "azure", "container": "c", "account": "a",
            "access_key": "k", "sas": "s" });
        assert!(line(twice).contains("only one of"));
        assert!(line(json!({ "kind": "azure", "container": "c" })).contains("account: missing"));
        let string = json!({ "kind": "azure", "container": "c", "connection_string": "s" });
        assert_eq!(line(string), "fine");
        let half = json!({ "kind": "webdav", "url": "https://dav/a", "username": "u" });
        assert!(line(half).contains("username: username and password only work together"));
        let colon = json!({ "kind": "webdav", "url": "https://dav/a", "username": "u:v",
            "password": "p" });
        assert!(line(colon).contains("username: must not contain a colon"));
        let none = json!({ "kind": "webdav", "url": "https://dav/a" });
        assert_eq!(line(none), "fine");
        let plain = json!({ "kind": "webdav", "url": "http://dav/a" });
        assert!(line(plain).contains("storages.a.url: is without TLS"));
    }

    #[test]
    fn endpoints_use_tls_unless_told() {
        let mut s3 = json!({ "kind": "s3", "bucket": "b", "endpoint": "http://minio:9000" });
        assert!(line(s3.clone()).contains("storages.a.endpoint: is without TLS"));
        s3["allow_http"] = true.into();
        assert_eq!(line(s3.clone()), "fine");
        s3["endpoint"] = "ftp://minio".into();
        assert!(line(s3.clone()).contains("must start with"));
        s3["endpoint"] = "https://u:hunter2@minio".into();
        let refused = line(s3);
        assert!(refused.contains("login") && !refused.contains("hunter2"));
    }
}
