//! How processes tell each other what they committed.

use std::sync::Arc;

use tenantry_application::ports::{IdGenerator, Signals};
use tenantry_memory::MemorySignals;
use tenantry_redis::{RedisServer, RedisSignals};

/// Through the server that they share; without one each process tells itself.
pub(super) fn signals_from_config(
    cache: Option<&Arc<RedisServer>>,
    ids: &Arc<dyn IdGenerator>,
) -> Arc<dyn Signals> {
    match cache {
        Some(server) => Arc::new(RedisSignals::new(Arc::clone(server), ids.as_ref())),
        None => Arc::<MemorySignals>::default(),
    }
}
