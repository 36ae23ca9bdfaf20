//! The cache shared by processes.

use std::sync::Arc;

use tenantry_application::ports::IdGenerator;
use tenantry_config::sections::CacheConfig;
#[cfg(feature = "cache-redis")]
use tenantry_redis::{RedisOptions, RedisServer};

use crate::error::StartError;

/// An open cache.
pub(super) enum Cache {
    /// The memory of each process.
    Memory,
    /// A Redis server.
    #[cfg(feature = "cache-redis")]
    Redis(Arc<RedisServer>),
}

/// Opens the configured cache. An unreachable server is not an error.
#[cfg_attr(
    not(feature = "cache-redis"),
    expect(clippy::unused_async, unused_variables, reason = "used by servers")
)]
pub(super) async fn cache_from_config(
    config: &CacheConfig,
    ids: &Arc<dyn IdGenerator>,
) -> Result<Cache, StartError> {
    match config {
        CacheConfig::Memory(_) => Ok(Cache::Memory),
        #[cfg(feature = "cache-redis")]
        CacheConfig::Redis(redis) => {
            let options = RedisOptions {
                url: redis.url.expose().to_owned(),
                namespace: redis.namespace.clone(),
            };
            let server = RedisServer::connect(&options, Arc::clone(ids)).await?;
            Ok(Cache::Redis(Arc::new(server)))
        }
        #[cfg(not(feature = "cache-redis"))]
        CacheConfig::Redis(_) => Err(StartError::not_built_in(
            "cache.kind",
            "cache",
            config.kind(),
        )),
    }
}
