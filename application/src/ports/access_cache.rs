//! What callers may do, kept close for a moment.

use std::sync::Arc;

use tenantry_domain::{Timestamp, id::SessionId};

use super::{AccessGrant, EpochSubject};

/// Keeps grants in memory, bounded in number.
///
/// It answers only while it is known to be fresh: whoever watches the epochs
/// says until when. So a revocation elsewhere bites within that time, and a
/// watcher that fails closes the cache instead of leaving it open.
pub trait AccessCache: Send + Sync {
    /// The grant of a session, if it is kept and fresh at `now`.
    fn get(&self, session: SessionId, now: Timestamp) -> Option<Arc<AccessGrant>>;

    /// A mark to take before a grant is read from the store.
    fn mark(&self) -> u64;

    /// Keeps a grant, unless something was forgotten since `mark`: what was
    /// read may be older than that.
    fn put(&self, mark: u64, grant: Arc<AccessGrant>);

    /// Forgets every grant of a person or of a tenant.
    fn forget(&self, subject: EpochSubject);

    /// Forgets one session.
    fn forget_session(&self, session: SessionId);

    /// Says until when what is kept may be answered.
    fn keep_fresh_until(&self, until: Timestamp);
}
