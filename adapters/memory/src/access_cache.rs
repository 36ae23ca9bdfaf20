//! What callers may do, kept for a moment.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use quick_cache::sync::Cache;
use tenantry_application::ports::{AccessCache, AccessGrant, EpochSubject};
use tenantry_domain::{Timestamp, id::SessionId};

/// Grants of at most so many sessions; those used least make room.
///
/// A hit takes no lock of the whole cache. Keeping and forgetting share one,
/// so that no grant slips in between "was anything forgotten?" and its being
/// kept.
#[derive(Debug)]
pub struct MemoryAccessCache {
    grants: Cache<SessionId, Arc<AccessGrant>>,
    forgotten: Mutex<u64>,
    fresh_until: AtomicI64,
}

impl MemoryAccessCache {
    /// An empty cache for `capacity` sessions. It answers nothing before
    /// [`set_fresh_until`](AccessCache::set_fresh_until) was called.
    pub fn new(capacity: usize) -> Self {
        Self {
            grants: Cache::new(capacity),
            forgotten: Mutex::new(0),
            fresh_until: AtomicI64::new(i64::MIN),
        }
    }

    fn forgotten(&self) -> MutexGuard<'_, u64> {
        self.forgotten
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
        *self.forgotten()
    }

    fn insert(&self, generation: u64, grant: Arc<AccessGrant>) {
        let forgotten = self.forgotten();
        if *forgotten == generation {
            self.grants.insert(grant.session_id, grant);
        }
    }

    fn invalidate(&self, subject: EpochSubject) {
        let mut forgotten = self.forgotten();
        *forgotten += 1;
        self.grants.retain(|_, grant| match subject {
            EpochSubject::User(id) => grant.user_id != id,
            EpochSubject::Tenant(id) => grant.tenant.is_none_or(|tenant| tenant.id() != id),
        });
    }

    fn invalidate_session(&self, session: SessionId) {
        let mut forgotten = self.forgotten();
        *forgotten += 1;
        self.grants.remove(&session);
    }

    fn set_fresh_until(&self, until: Timestamp) {
        self.fresh_until.store(until.as_millis(), Ordering::Release);
    }
}
