//! Epochs.

use async_trait::async_trait;
use tenantry_application::ports::{EpochChange, EpochRepository, PortError};
use tenantry_domain::Timestamp;

use crate::shared::Shared;

/// Reads epochs.
#[derive(Debug)]
pub(crate) struct MemoryEpochRepository {
    shared: Shared,
}

impl MemoryEpochRepository {
    pub(crate) const fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl EpochRepository for MemoryEpochRepository {
    async fn changed_since(&self, since: Timestamp) -> Result<Vec<EpochChange>, PortError> {
        let state = self.shared.read();
        let all = state.epochs.values().copied();
        let mut changes: Vec<_> = all.filter(|change| change.changed_at >= since).collect();
        changes.sort_by_key(|change| change.changed_at);
        Ok(changes)
    }
}
