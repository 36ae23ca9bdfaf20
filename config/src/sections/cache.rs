//! `cache`: what processes share for speed; losing it loses nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::connection_url::ConnectionUrl;
use crate::problem::Problem;
use crate::profile::Profile;

/// Which cache, and its own keys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CacheConfig {
    /// The memory of this process.
    Memory(MemoryCacheConfig),
    /// A Redis server, shared by all processes.
    Redis(RedisConfig),
}

/// The memory of this process; has no keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryCacheConfig {}

/// A Redis server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedisConfig {
    /// The server as `redis://:password@host:6379/0`, or `rediss://` with TLS.
    pub url: ConnectionUrl,
    /// What names of keys and channels begin with; installations that share a server need one each.
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
    /// The value of `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Memory(_) => "memory",
            Self::Redis(_) => "redis",
        }
    }

    /// Refuses a URL that is not of a Redis server.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        match self {
            Self::Redis(redis) if !matches!(redis.url.scheme(), "redis" | "rediss") => {
                let reason = "must start with redis:// or rediss://";
                Err(Problem::new("cache.url", reason))
            }
            _ => Ok(()),
        }
    }
}
