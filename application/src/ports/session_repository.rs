//! Sessions.

use async_trait::async_trait;
use tenantry_domain::{
    Timestamp,
    id::{SessionId, UserId},
    session::Session,
};

use super::PortError;

/// Reads and purges sessions.
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// Returns the session with this id, live or not.
    async fn lookup(&self, id: SessionId) -> Result<Option<Session>, PortError>;

    /// Returns up to `limit` sessions of a user that are neither revoked nor expired
    /// at `now`, without the first `offset` ones. The session whose last sign-in or
    /// refresh is the latest comes first; the greater id precedes at equal times.
    async fn find_live(
        &self,
        user: UserId,
        now: Timestamp,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<Session>, PortError>;

    /// Deletes up to `limit` sessions that expired before `before` and returns
    /// their number. Safe to repeat.
    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;
}
