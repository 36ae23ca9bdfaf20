//! The dependencies of use cases: ports and settings.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tenantry_domain::{Timestamp, blob::BackendName};

use crate::{
    contention::Contention,
    error::{Error, Result},
    ports::{
        AccessCache, AccessTokens, BlobStore, Clock, Cursors, IdGenerator, PasswordHasher,
        PlatformStore, RateLimiter, RefreshTokens, Seals, Signals, TypeDetector,
    },
};

/// The ports and settings that use cases need, wired by the binary.
pub struct Services {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The generator of ids.
    pub ids: Arc<dyn IdGenerator>,
    /// The metadata store.
    pub store: Arc<dyn PlatformStore>,
    /// The storage backends.
    pub blobs: BlobBackends,
    /// The cache of access grants.
    pub access_cache: Arc<dyn AccessCache>,
    /// The password hasher.
    pub passwords: Arc<dyn PasswordHasher>,
    /// The issuer of access tokens.
    pub access_tokens: Arc<dyn AccessTokens>,
    /// The issuer of refresh tokens.
    pub refresh_tokens: Arc<dyn RefreshTokens>,
    /// The keyed hashes.
    pub seals: Arc<dyn Seals>,
    /// The signer of list cursors.
    pub cursors: Arc<dyn Cursors>,
    /// The detector of media types.
    pub types: Arc<dyn TypeDetector>,
    /// The rate limiter.
    pub rates: Arc<dyn RateLimiter>,
    /// The signals from and to other processes.
    pub signals: Arc<dyn Signals>,
    /// The contended rows of this process.
    pub contention: Contention,
    /// The settings of use cases.
    pub settings: Settings,
}

impl Services {
    /// Returns the current time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The configured storage backends by name.
#[derive(Clone)]
pub struct BlobBackends {
    default: BackendName,
    stores: BTreeMap<BackendName, Arc<dyn BlobStore>>,
}

impl BlobBackends {
    /// Creates the set with its default backend, which stores new content.
    pub fn new(default: BackendName, store: Arc<dyn BlobStore>) -> Self {
        Self {
            stores: BTreeMap::from([(default.clone(), store)]),
            default,
        }
    }

    /// Adds a backend.
    #[must_use]
    pub fn with(mut self, name: BackendName, store: Arc<dyn BlobStore>) -> Self {
        self.stores.insert(name, store);
        self
    }

    /// Returns the name of the default backend.
    pub fn default_name(&self) -> &BackendName {
        &self.default
    }

    /// Returns the backend named by a blob record; fails with an internal error
    /// if it is no longer configured.
    pub fn get(&self, name: &BackendName) -> Result<&Arc<dyn BlobStore>> {
        self.stores
            .get(name)
            .ok_or_else(|| Error::internal(format!("the storage backend {name} is not configured")))
    }

    /// Returns all backends, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&BackendName, &Arc<dyn BlobStore>)> {
        self.stores.iter()
    }
}

/// The settings of use cases.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name of the product, as its users know it.
    pub app_name: String,
    /// The URL at which clients reach the service, without a trailing slash, if
    /// known.
    pub public_url: Option<String>,
    /// The lifetime of access tokens.
    pub access_token_lifetime: Duration,
    /// The lifetime of a session that is not refreshed.
    pub refresh_token_lifetime: Duration,
    /// The lifetime of sessions, however often they are refreshed.
    pub session_lifetime: Duration,
    /// The maximum number of sessions of a user.
    pub max_sessions: u32,
    /// The time within which a refresh can be repeated after a lost response.
    pub refresh_grace: Duration,
    /// The registration policy.
    pub registration: Registration,
    /// Whether users who register join one default tenant instead of creating
    /// their own (tenancy strategy `none`).
    pub single_tenant: bool,
    /// The minimum number of characters of a new password.
    pub password_min_chars: usize,
    /// Subdomains that tenants must not use.
    pub reserved_subdomains: Vec<String>,
    /// The maximum size of a file in bytes.
    pub max_file_bytes: u64,
    /// The storage quota of a new tenant in bytes.
    pub quota_bytes: u64,
    /// The maximum number of file versions per tenant.
    pub max_versions: u64,
    /// The interval of upload heartbeats.
    pub upload_heartbeat: Duration,
    /// The time without a heartbeat after which an upload is dead.
    pub upload_timeout: Duration,
    /// The time after which unreferenced content and leftovers of interrupted
    /// writes are deleted.
    pub upload_grace: Duration,
}

/// The registration policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Anyone can register, with a new tenant.
    Open,
    /// Only invited users can register.
    Invite,
    /// Nobody can register.
    Closed,
}
