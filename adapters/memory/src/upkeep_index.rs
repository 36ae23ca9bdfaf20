//! Tenants with pending upkeep.

use std::{collections::BTreeSet, ops::RangeInclusive};

use async_trait::async_trait;
use tenantry_application::ports::{PortError, UpkeepIndex};
use tenantry_domain::{
    Timestamp,
    blob::{BackendName, Blob, BlobState},
    id::TenantId,
};
use tenantry_store::records::AuditRecord;

use crate::backend::MemoryBackend;

/// Finds tenants with pending upkeep.
#[derive(Debug)]
pub(crate) struct MemoryUpkeepIndex {
    pub(crate) backend: MemoryBackend,
}

#[async_trait]
impl UpkeepIndex for MemoryUpkeepIndex {
    async fn unsealed_chains(
        &self,
        after: Option<TenantId>,
        limit: u32,
    ) -> Result<Vec<Option<TenantId>>, PortError> {
        let state = self.backend.read();
        let chains: BTreeSet<_> = state
            .all::<AuditRecord>()
            .filter(|record| record.seal.is_none())
            .map(|record| record.entry.tenant_id)
            .filter(|chain| after.is_none() || *chain > after)
            .filter(|chain| chain.is_none_or(|tenant| state.is_active(tenant)))
            .collect();
        Ok(chains.into_iter().take(limit as usize).collect())
    }

    async fn tenants_to_sweep(
        &self,
        recent: &RangeInclusive<Timestamp>,
        limit: u32,
    ) -> Result<Vec<TenantId>, PortError> {
        let state = self.backend.read();
        let tenants: BTreeSet<_> = state
            .all::<Blob>()
            .filter(|blob| is_to_sweep(blob, recent))
            .map(|blob| blob.tenant_id)
            .filter(|tenant| state.is_active(*tenant))
            .collect();
        Ok(tenants.into_iter().take(limit as usize).collect())
    }

    async fn uses_backend(&self, backend: &BackendName) -> Result<bool, PortError> {
        let state = self.backend.read();
        Ok(state.all::<Blob>().any(|blob| blob.backend == *backend))
    }
}

/// Returns whether the sweeper considers a blob: abandoned, or without a
/// heartbeat or a reference at a `recent` time.
fn is_to_sweep(blob: &Blob, recent: &RangeInclusive<Timestamp>) -> bool {
    match &blob.state {
        BlobState::Open { heartbeat_at, .. } => !recent.contains(heartbeat_at),
        BlobState::Stored {
            unreferenced_at, ..
        } => unreferenced_at.is_some_and(|at| !recent.contains(&at)),
        BlobState::Abandoned => true,
    }
}
