//! How processes tell each other what they committed.

use std::sync::Arc;

use tenantry_application::ports::{IdGenerator, Signals};
use tenantry_memory::MemorySignals;
#[cfg(feature = "redis")]
use tenantry_redis::RedisSignals;

use super::cache::Cache;

/// Through the server that they share; without one each process tells itself.
#[cfg_attr(
    not(feature = "redis"),
    expect(unused_variables, reason = "only what is shared needs ids")
)]
pub(super) fn signals_from_config(cache: &Cache, ids: &Arc<dyn IdGenerator>) -> Arc<dyn Signals> {
    match cache {
        Cache::Memory => Arc::<MemorySignals>::default(),
        #[cfg(feature = "redis")]
        Cache::Redis(server) => Arc::new(RedisSignals::new(Arc::clone(server), ids.as_ref())),
    }
}
