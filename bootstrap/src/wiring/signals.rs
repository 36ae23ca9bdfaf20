//! How processes tell each other what they committed.

use std::sync::Arc;

use tenantry_application::{
    AnnouncingStore,
    ports::{IdGenerator, PlatformStore, Signals},
};
use tenantry_memory::MemorySignals;
use tenantry_redis::{RedisServer, RedisSignals};

/// Through the server that they share; without one nobody is told.
pub(super) fn signals_from_config(
    cache: Option<&Arc<RedisServer>>,
    ids: &Arc<dyn IdGenerator>,
) -> Arc<dyn Signals> {
    match cache {
        Some(server) => Arc::new(RedisSignals::new(Arc::clone(server), ids.as_ref())),
        None => Arc::new(MemorySignals),
    }
}

/// The store, whose commits are told where there is somebody to tell.
pub(super) fn announcing(
    store: Arc<dyn PlatformStore>,
    cache: Option<&Arc<RedisServer>>,
    signals: &Arc<dyn Signals>,
) -> Arc<dyn PlatformStore> {
    match cache {
        Some(_) => Arc::new(AnnouncingStore::new(store, Arc::clone(signals))),
        None => store,
    }
}
