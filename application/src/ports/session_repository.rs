//! Sessions.

use async_trait::async_trait;
use tenantry_domain::{Timestamp, id::SessionId, session::Session};

use super::PortError;

/// Reads and purges sessions.
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// Returns the session with this id, live or not.
    async fn lookup(&self, id: SessionId) -> Result<Option<Session>, PortError>;

    /// Deletes up to `limit` sessions that expired before `before` and returns
    /// their number. Safe to repeat.
    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;
}
