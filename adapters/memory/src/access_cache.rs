//! A cache of access grants.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use quick_cache::sync::Cache;
use tenantry_application::ports::{AccessCache, AccessGrant, EpochSubject};
use tenantry_domain::{Timestamp, id::SessionId};

/// A bounded cache that evicts the least used grants.
///
/// A hit takes no lock of the whole cache. Inserts and invalidations share one,
/// so that a grant read before an invalidation is never inserted after it.
#[derive(Debug)]
pub struct MemoryAccessCache {
    grants: Cache<SessionId, Arc<AccessGrant>>,
    generation: Mutex<u64>,
    fresh_until: AtomicI64,
}

impl MemoryAccessCache {
    /// Creates an empty cache for `capacity` sessions. Every lookup misses until
    /// [`set_fresh_until`](AccessCache::set_fresh_until) is called.
    pub fn new(capacity: usize) -> Self {
        Self {
            grants: Cache::new(capacity),
            generation: Mutex::new(0),
            fresh_until: AtomicI64::new(i64::MIN),
        }
    }

    fn lock_generation(&self) -> MutexGuard<'_, u64> {
        self.generation
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl AccessCache for MemoryAccessCache {
    fn get(&self, session: SessionId, now: Timestamp) -> Option<Arc<AccessGrant>> {
        if now.as_millis() > self.fresh_until.load(Ordering::Acquire) {
            return None;
        }
        let grant = self.grants.get(&session)?;
        (now < grant.expires_at).then_some(grant)
    }

    fn generation(&self) -> u64 {
        *self.lock_generation()
    }

    fn insert(&self, generation: u64, grant: Arc<AccessGrant>) {
        let current = self.lock_generation();
        if *current == generation {
            self.grants.insert(grant.session_id, grant);
        }
    }

    fn invalidate(&self, subject: EpochSubject) {
        let mut generation = self.lock_generation();
        *generation += 1;
        self.grants.retain(|_, grant| match subject {
            EpochSubject::User(id) => grant.user_id != id,
            EpochSubject::Tenant(id) => grant.tenant.is_none_or(|tenant| tenant.id() != id),
        });
    }

    fn invalidate_all(&self) {
        let mut generation = self.lock_generation();
        *generation += 1;
        self.grants.clear();
    }

    fn invalidate_session(&self, session: SessionId) {
        let mut generation = self.lock_generation();
        *generation += 1;
        self.grants.remove(&session);
    }

    fn set_fresh_until(&self, until: Timestamp) {
        self.fresh_until.store(until.as_millis(), Ordering::Release);
    }
}
