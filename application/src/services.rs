//! What use cases work with: the ports, and the few settings that are theirs.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tenantry_domain::{Timestamp, blob::BackendName};

use crate::{
    error::{Error, Result},
    ports::{
        AccessCache, AccessTokens, BlobStore, Clock, Cursors, IdGenerator, PasswordHasher,
        PlatformStore, RateLimiter, RefreshTokens, Seals, Signals, TypeDetector,
    },
};

/// Everything a use case may need, chosen and wired by the binary.
pub struct Services {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdGenerator>,
    /// Metadata.
    pub store: Arc<dyn PlatformStore>,
    /// Bytes.
    pub blobs: BlobBackends,
    /// What callers may do, kept close.
    pub access_cache: Arc<dyn AccessCache>,
    /// Passwords.
    pub passwords: Arc<dyn PasswordHasher>,
    /// Access tokens.
    pub access_tokens: Arc<dyn AccessTokens>,
    /// Refresh tokens.
    pub refresh_tokens: Arc<dyn RefreshTokens>,
    /// Keyed hashes.
    pub seals: Arc<dyn Seals>,
    /// Cursors of lists.
    pub cursors: Arc<dyn Cursors>,
    /// Types of content.
    pub types: Arc<dyn TypeDetector>,
    /// Limits on tries.
    pub rates: Arc<dyn RateLimiter>,
    /// Hints from and to other processes.
    pub signals: Arc<dyn Signals>,
    /// The settings of use cases.
    pub settings: Settings,
}

impl Services {
    /// Now.
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
    /// The backends, and the one that new bytes go to.
    pub fn new(default: BackendName, store: Arc<dyn BlobStore>) -> Self {
        Self {
            stores: BTreeMap::from([(default.clone(), store)]),
            default,
        }
    }

    /// The same with one more.
    #[must_use]
    pub fn with(mut self, name: BackendName, store: Arc<dyn BlobStore>) -> Self {
        self.stores.insert(name, store);
        self
    }

    /// Where new bytes go.
    pub fn default_name(&self) -> &BackendName {
        &self.default
    }

    /// The backend of a name that a blob record holds; an internal error where
    /// it is no longer configured.
    pub fn get(&self, name: &BackendName) -> Result<&Arc<dyn BlobStore>> {
        self.stores
            .get(name)
            .ok_or_else(|| Error::internal(format!("the storage backend {name} is not configured")))
    }

    /// Every backend.
    pub fn iter(&self) -> impl Iterator<Item = (&BackendName, &Arc<dyn BlobStore>)> {
        self.stores.iter()
    }
}

/// The settings of use cases.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where clients reach the service, without a slash at the end, if it is
    /// known.
    pub public_url: Option<String>,
    /// How long an access token is good.
    pub access_token_lifetime: Duration,
    /// How long a session lives without being refreshed.
    pub refresh_token_lifetime: Duration,
    /// How long a lost answer to a refresh can be retried.
    pub refresh_grace: Duration,
    /// Who may register.
    pub registration: Registration,
    /// Whether registration joins one default tenant instead of making one
    /// (tenancy strategy `none`).
    pub single_tenant: bool,
    /// The least characters of a new password.
    pub password_min_chars: usize,
    /// Subdomains that nobody may take.
    pub reserved_subdomains: Vec<String>,
    /// The most bytes of one file.
    pub max_file_bytes: u64,
    /// The storage quota of a new tenant, in bytes.
    pub quota_bytes: u64,
    /// How often an upload gives a sign of life.
    pub upload_heartbeat: Duration,
    /// After how long without a sign of life an upload counts as broken off,
    /// and unreferenced bytes end.
    pub upload_grace: Duration,
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Anyone, with a tenant of their own.
    Open,
    /// Only who was invited.
    Invite,
    /// Nobody.
    Closed,
}
