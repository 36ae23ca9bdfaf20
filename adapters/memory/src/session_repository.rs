//! Sessions.

use async_trait::async_trait;
use tenantry_application::ports::{PortError, SessionRepository};
use tenantry_domain::{Timestamp, id::SessionId, session::Session};

use crate::shared::Shared;

/// Reads sessions.
#[derive(Debug)]
pub(crate) struct MemorySessionRepository {
    shared: Shared,
}

impl MemorySessionRepository {
    pub(crate) const fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl SessionRepository for MemorySessionRepository {
    async fn lookup(&self, id: SessionId) -> Result<Option<Session>, PortError> {
        Ok(self.shared.read().sessions.get(&id).cloned())
    }

    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        let mut left = limit;
        let mut state = self.shared.write();
        let count = state.sessions.len();
        state.sessions.retain(|_, row| {
            let purge = left > 0 && row.expires_at < before;
            left -= u32::from(purge);
            !purge
        });
        Ok((count - state.sessions.len()) as u64)
    }
}
