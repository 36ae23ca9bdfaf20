//! Requests that came with an idempotency key.

use async_trait::async_trait;
use tenantry_application::ports::{IdempotencyRepository, PortError};
use tenantry_domain::{
    Timestamp,
    idempotency::{IdempotencyRecord, IdempotencyScope},
};

use crate::{row::Row, shared::Shared};

/// Reads records, and removes those that have expired.
#[derive(Debug)]
pub(crate) struct MemoryIdempotencyRepository {
    shared: Shared,
}

impl MemoryIdempotencyRepository {
    pub(crate) const fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl IdempotencyRepository for MemoryIdempotencyRepository {
    async fn find(&self, scope: &IdempotencyScope) -> Result<Option<IdempotencyRecord>, PortError> {
        let state = self.shared.read();
        let found = state.idempotency.values().find(|row| row.scope == *scope);
        Ok(found.cloned())
    }

    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        let mut state = self.shared.write();
        let expired = state.idempotency.values();
        let expired = expired.filter(|row| row.expires_at < before);
        let purged: Vec<_> = expired.take(limit as usize).cloned().collect();
        for row in &purged {
            state.idempotency.remove(&row.id);
            for claim in row.claims() {
                state.claims.remove(&claim);
            }
        }
        Ok(purged.len() as u64)
    }
}
