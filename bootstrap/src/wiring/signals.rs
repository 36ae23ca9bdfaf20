//! The signals between processes.

use std::sync::Arc;

use tenantry_application::ports::{IdGenerator, Signals};
use tenantry_memory::MemorySignals;
#[cfg(feature = "cache-redis")]
use tenantry_redis::RedisSignals;

use super::cache::Cache;

/// Returns signals through the shared server, or within this process.
#[cfg_attr(
    not(feature = "cache-redis"),
    expect(unused_variables, reason = "used by servers")
)]
pub(super) fn signals_from_config(cache: &Cache, ids: &Arc<dyn IdGenerator>) -> Arc<dyn Signals> {
    match cache {
        Cache::Memory => Arc::<MemorySignals>::default(),
        #[cfg(feature = "cache-redis")]
        Cache::Redis(server) => Arc::new(RedisSignals::new(Arc::clone(server), ids.as_ref())),
    }
}
