//! Sessions, as stored.

use async_trait::async_trait;
use tenantry_domain::{Timestamp, id::SessionId, session::Session};

use super::PortError;

/// Reads sessions.
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// The session of an id, live or not.
    async fn lookup(&self, id: SessionId) -> Result<Option<Session>, PortError>;

    /// Removes sessions that expired before `before`, at most `limit`, and
    /// says how many. May be called again at any time.
    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;
}
