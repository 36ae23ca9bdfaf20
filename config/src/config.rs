//! The typed configuration.

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

/// The name of the backend in the section `storage`.
pub const DEFAULT_STORAGE: &str = "default";

/// Settings of the service, by section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Tenantry configuration")]
pub struct Config {
    /// The profile, which selects defaults and checks. It is read before any file, so it is not a
    /// key.
    #[serde(skip)]
    pub profile: Profile,
    /// Name and data directory.
    pub app: AppConfig,
    /// HTTP server, reverse proxies and timeouts.
    pub http: HttpConfig,
    /// Secrets, tokens, passwords and registration.
    pub security: SecurityConfig,
    /// Tenant selection.
    pub tenancy: TenancyConfig,
    /// Metadata database.
    pub database: DatabaseConfig,
    /// Storage of file contents: the backend named `default`.
    pub storage: StorageConfig,
    /// Additional storage backends by name, with the keys of `storage`.
    pub storages: BTreeMap<String, StorageConfig>,
    /// Cache shared by the processes of an installation.
    pub cache: CacheConfig,
    /// Sizes, quotas and rate limits.
    pub limits: LimitsConfig,
    /// Background jobs and cleanup.
    pub worker: WorkerConfig,
    /// Initial data of an empty database.
    pub seed: SeedConfig,
    /// Logs on standard error.
    pub log: LogConfig,
    /// Traces and metrics for an OTLP collector.
    pub telemetry: TelemetryConfig,
}

impl Config {
    /// Returns all storage backends by name, including [`DEFAULT_STORAGE`].
    pub fn backends(&self) -> impl Iterator<Item = (&str, &StorageConfig)> {
        let others = self.storages.iter();
        let others = others.map(|(name, storage)| (name.as_str(), storage));
        std::iter::once((DEFAULT_STORAGE, &self.storage)).chain(others)
    }

    /// Validates each section and the rules across sections. Returns the first problem of each.
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
                let reason = "the name must be 1 to 32 of a-z, 0-9, _ and -, and not \"default\"";
                return Err(Problem::new(section, reason));
            }
            storage.validate(&section, self.profile)?;
            // The sweep of one backend would delete the blobs of the other.
            if local_root(storage).is_some_and(|root| !roots.insert(root)) {
                let reason = "is the directory of another backend; set another one";
                return Err(Problem::new(format!("{section}.root"), reason));
            }
        }
        Ok(())
    }

    fn validate_seed_password(&self) -> Result<(), Problem> {
        let min = self.security.password_min_length;
        match &self.seed.admin_password {
            Some(password) if password.expose().chars().count() < min => {
                let reason =
                    format!("must have at least security.password_min_length characters ({min})");
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
