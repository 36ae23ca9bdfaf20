//! Where upkeep is due.

use std::collections::BTreeSet;

use async_trait::async_trait;
use tenantry_application::ports::{PortError, UpkeepIndex};
use tenantry_domain::{Timestamp, blob::BackendName, id::TenantId};

use crate::{blob_repository::is_to_sweep, shared::Shared};

/// Finds tenants with something to tidy.
#[derive(Debug)]
pub(crate) struct MemoryUpkeepIndex {
    shared: Shared,
}

impl MemoryUpkeepIndex {
    pub(crate) const fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl UpkeepIndex for MemoryUpkeepIndex {
    async fn unsealed_chains(&self, limit: u32) -> Result<Vec<Option<TenantId>>, PortError> {
        let state = self.shared.read();
        let records = state.audit.values();
        let chains: BTreeSet<_> = records
            .filter(|record| record.seal.is_none())
            .map(|record| record.entry.tenant_id)
            .filter(|chain| chain.is_none_or(|tenant| state.is_active(tenant)))
            .collect();
        Ok(chains.into_iter().take(limit as usize).collect())
    }

    async fn tenants_to_sweep(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<TenantId>, PortError> {
        let state = self.shared.read();
        let blobs = state.blobs.values();
        let tenants: BTreeSet<_> = blobs
            .filter(|blob| is_to_sweep(blob, before))
            .map(|blob| blob.tenant_id)
            .filter(|tenant| state.is_active(*tenant))
            .collect();
        Ok(tenants.into_iter().take(limit as usize).collect())
    }

    async fn uses_backend(&self, backend: &BackendName) -> Result<bool, PortError> {
        let state = self.shared.read();
        Ok(state.blobs.values().any(|blob| blob.backend == *backend))
    }
}
