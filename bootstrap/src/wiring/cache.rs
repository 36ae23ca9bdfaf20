//! What processes share besides the store.

use std::sync::Arc;

use tenantry_application::ports::IdGenerator;
use tenantry_config::sections::CacheConfig;
#[cfg(feature = "redis")]
use tenantry_redis::{RedisOptions, RedisServer};

use crate::error::StartError;

/// What is shared, as its provider knows it.
pub(super) enum Cache {
    /// Nothing: each process has its own.
    Memory,
    /// What is on a Redis server.
    #[cfg(feature = "redis")]
    Redis(Arc<RedisServer>),
}

/// The configured cache. A server that cannot be reached does not keep the
/// service from starting.
#[cfg_attr(
    not(feature = "redis"),
    expect(clippy::unused_async, unused_variables, reason = "servers need both")
)]
pub(super) async fn cache_from_config(
    config: &CacheConfig,
    ids: &Arc<dyn IdGenerator>,
) -> Result<Cache, StartError> {
    match config {
        CacheConfig::Memory(_) => Ok(Cache::Memory),
        #[cfg(feature = "redis")]
        CacheConfig::Redis(redis) => {
            let options = RedisOptions {
                url: redis.url.expose().to_owned(),
                namespace: redis.namespace.clone(),
            };
            let server = RedisServer::connect(&options, Arc::clone(ids)).await?;
            Ok(Cache::Redis(Arc::new(server)))
        }
        #[cfg(not(feature = "redis"))]
        CacheConfig::Redis(_) => Err(StartError::not_built_in("cache.kind", config.kind())),
    }
}
