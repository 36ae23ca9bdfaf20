//! The whole configuration, typed and valid.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::{Problem, Problems};
use crate::profile::Profile;
use crate::sections::{
    AppConfig, CacheConfig, DatabaseConfig, HttpConfig, LimitsConfig, LogConfig, SecurityConfig,
    SeedConfig, StorageConfig, TelemetryConfig, TenancyConfig, WorkerConfig,
};

/// Name of the backend that the section `storage` describes.
pub const DEFAULT_STORAGE: &str = "default";

/// Settings of the service, by section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Tenantry configuration")]
pub struct Config {
    /// Which defaults and checks apply; chosen before any file is read, hence not a key.
    #[serde(skip)]
    pub profile: Profile,
    /// The installation as a whole.
    pub app: AppConfig,
    /// The listener, what stands in front of it, and how long anything may take.
    pub http: HttpConfig,
    /// Secrets, tokens, passwords and who may register.
    pub security: SecurityConfig,
    /// How a request names its tenant.
    pub tenancy: TenancyConfig,
    /// The store of everything but file contents.
    pub database: DatabaseConfig,
    /// Where the contents of files lie: the backend called `default`.
    pub storage: StorageConfig,
    /// Further backends by name, with the keys of `storage`.
    pub storages: BTreeMap<String, StorageConfig>,
    /// What processes share for speed.
    pub cache: CacheConfig,
    /// How much anyone may send, keep and ask.
    pub limits: LimitsConfig,
    /// Background jobs and sweeps.
    pub worker: WorkerConfig,
    /// What an empty store starts with.
    pub seed: SeedConfig,
    /// What is written to standard error, and how.
    pub log: LogConfig,
    /// Traces and metrics for an outside collector.
    pub telemetry: TelemetryConfig,
}

impl Config {
    /// Every storage backend by name, [`DEFAULT_STORAGE`] among them.
    pub fn backends(&self) -> impl Iterator<Item = (&str, &StorageConfig)> {
        let others = self.storages.iter();
        let others = others.map(|(name, storage)| (name.as_str(), storage));
        std::iter::once((DEFAULT_STORAGE, &self.storage)).chain(others)
    }

    /// Checks every section and what holds between them; reports the first fault of each.
    pub fn validate(&self) -> Result<(), Problems> {
        let profile = self.profile;
        let sections = [
            self.app.validate(profile),
            self.http.validate(profile),
            self.security.validate(profile),
            self.tenancy.validate(profile),
            self.database.validate(profile),
            self.validate_storages(),
            self.cache.validate(profile),
            self.limits.validate(profile),
            self.worker.validate(profile),
            self.seed.validate(profile),
            self.log.validate(profile),
            self.telemetry.validate(profile),
            self.validate_seed_password(),
        ];
        Problems::check(sections.into_iter().filter_map(Result::err).collect())
    }

    fn validate_storages(&self) -> Result<(), Problem> {
        self.storage.validate("storage", self.profile)?;
        let mut roots: BTreeSet<&Path> = local_root(&self.storage).into_iter().collect();
        for (name, storage) in &self.storages {
            let section = format!("storages.{name}");
            if !is_storage_name(name) {
                let reason = "a name is 1 to 32 of a-z, 0-9, _ and -, and not \"default\"";
                return Err(Problem::new(section, reason));
            }
            storage.validate(&section, self.profile)?;
            // Two sweepers in one folder would delete each other's blobs.
            if local_root(storage).is_some_and(|root| !roots.insert(root)) {
                let reason = "is the folder of another backend";
                return Err(Problem::new(format!("{section}.root"), reason));
            }
        }
        Ok(())
    }

    fn validate_seed_password(&self) -> Result<(), Problem> {
        let least = self.security.password_min_length;
        match &self.seed.admin_password {
            Some(password) if password.expose().chars().count() < least => {
                let reason = format!("is shorter than security.password_min_length, {least}");
                Err(Problem::new("seed.admin_password", reason))
            }
            _ => Ok(()),
        }
    }
}

fn local_root(storage: &StorageConfig) -> Option<&Path> {
    match storage {
        StorageConfig::Local(local) => Some(&local.root),
        _ => None,
    }
}

fn is_storage_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name != DEFAULT_STORAGE
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte))
}
