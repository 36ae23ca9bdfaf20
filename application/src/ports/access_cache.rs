//! The cache of access grants.

use std::sync::Arc;

use tenantry_domain::{Timestamp, id::SessionId};

use super::{AccessGrant, EpochSubject};

/// Caches access grants in memory, bounded in number.
///
/// The cache returns a grant only until the time set by
/// [`set_fresh_until`](Self::set_fresh_until), which the task that polls the
/// epochs extends after each poll. A revocation in another process therefore
/// takes effect within that time, and a failing poll disables the cache.
pub trait AccessCache: Send + Sync {
    /// Returns the grant of a session if it is cached and fresh at `now`.
    fn get(&self, session: SessionId, now: Timestamp) -> Option<Arc<AccessGrant>>;

    /// Returns the cache's generation, which every invalidation raises; to be
    /// taken before a grant is read from the store.
    fn generation(&self) -> u64;

    /// Caches a grant, unless the cache's generation has changed: the grant may
    /// have been read before that invalidation.
    fn insert(&self, generation: u64, grant: Arc<AccessGrant>);

    /// Invalidates all grants of a user or of a tenant.
    fn invalidate(&self, subject: EpochSubject);

    /// Invalidates all grants.
    fn invalidate_all(&self);

    /// Invalidates the grant of one session.
    fn invalidate_session(&self, session: SessionId);

    /// Sets the time until which cached grants may be returned.
    fn set_fresh_until(&self, until: Timestamp);
}
