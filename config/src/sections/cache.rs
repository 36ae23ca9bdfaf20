//! `cache`: state shared by the processes of an installation. Losing it loses no data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::connection_url::ConnectionUrl;
use crate::problem::Problem;
use crate::profile::Profile;
use crate::server_url;

/// A cache, selected by `kind`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CacheConfig {
    /// The memory of each process.
    Memory(MemoryCacheConfig),
    /// A Redis server shared by all processes.
    Redis(RedisConfig),
}

/// The memory of each process; it has no keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryCacheConfig {}

/// A Redis server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedisConfig {
    /// The URL of the server, `redis://:password@host:6379/0`, or `rediss://` for TLS.
    pub url: ConnectionUrl,
    /// The prefix of keys and channels. Installations that share a server need different ones.
    #[serde(default = "default_namespace")]
    #[schemars(length(min = 1, max = 64))]
    pub namespace: String,
}

fn default_namespace() -> String {
    "tenantry".to_owned()
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self::Memory(MemoryCacheConfig {})
    }
}

impl CacheConfig {
    /// Returns the value of `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Memory(_) => "memory",
            Self::Redis(_) => "redis",
        }
    }

    /// Rejects a URL that is not valid or has another scheme than `redis` or `rediss`.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        match self {
            Self::Redis(redis) if !matches!(redis.url.scheme(), "redis" | "rediss") => {
                let reason = "must start with redis:// or rediss://";
                Err(Problem::new("cache.url", reason))
            }
            Self::Redis(redis) => redis.url.validate("cache.url", &server_url::REDIS),
            Self::Memory(_) => Ok(()),
        }
    }
}
