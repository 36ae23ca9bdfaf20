//! What processes share besides the store.

use std::sync::Arc;

use tenantry_application::ports::IdGenerator;
use tenantry_config::sections::CacheConfig;
use tenantry_redis::{RedisOptions, RedisServer};

use crate::error::StartError;

/// The configured server; `None` where this process shares nothing. One that
/// cannot be reached does not keep the service from starting.
pub(super) async fn cache_from_config(
    config: &CacheConfig,
    ids: &Arc<dyn IdGenerator>,
) -> Result<Option<Arc<RedisServer>>, StartError> {
    let CacheConfig::Redis(redis) = config else {
        return Ok(None);
    };
    let options = RedisOptions {
        url: redis.url.expose().to_owned(),
        namespace: redis.namespace.clone(),
    };
    let server = RedisServer::connect(&options, Arc::clone(ids)).await?;
    Ok(Some(Arc::new(server)))
}
