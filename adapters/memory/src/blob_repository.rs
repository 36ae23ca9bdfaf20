//! Records of blobs of one tenant.

use std::ops::Bound;

use async_trait::async_trait;
use tenantry_application::ports::{BlobRepository, PortError};
use tenantry_domain::{
    Timestamp,
    blob::{BackendName, Blob, BlobState, Digest},
    id::{BlobId, TenantId},
};

use crate::{shared::Shared, state::State};

/// Reads blob records of one tenant.
#[derive(Debug)]
pub(crate) struct MemoryBlobRepository {
    shared: Shared,
    tenant: TenantId,
}

impl MemoryBlobRepository {
    pub(crate) const fn new(shared: Shared, tenant: TenantId) -> Self {
        Self { shared, tenant }
    }

    fn after<'s>(
        &self,
        state: &'s State,
        after: Option<BlobId>,
    ) -> impl Iterator<Item = &'s Blob> + use<'s> {
        let tenant = self.tenant;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = state.blobs.range((from, Bound::Unbounded));
        rows.map(|(_, row)| row)
            .filter(move |row| row.tenant_id == tenant)
    }
}

#[async_trait]
impl BlobRepository for MemoryBlobRepository {
    async fn lookup(&self, id: BlobId) -> Result<Option<Blob>, PortError> {
        let state = self.shared.read();
        let row = state.blobs.get(&id);
        Ok(row.filter(|row| row.tenant_id == self.tenant).cloned())
    }

    async fn find_by_digest(
        &self,
        backend: &BackendName,
        digest: Digest,
        size_bytes: u64,
    ) -> Result<Option<Blob>, PortError> {
        let state = self.shared.read();
        let mut rows = self.after(&state, None);
        Ok(rows
            .find(|row| {
                let holds = match &row.state {
                    BlobState::Stored {
                        content,
                        corrupt_at: None,
                        ..
                    } => content.digest == digest && content.size_bytes == size_bytes,
                    _ => false,
                };
                holds && row.backend == *backend
            })
            .cloned())
    }

    async fn find_to_sweep(&self, before: Timestamp, limit: u32) -> Result<Vec<Blob>, PortError> {
        let state = self.shared.read();
        let due = self
            .after(&state, None)
            .filter(|row| is_to_sweep(row, before));
        Ok(due.take(limit as usize).cloned().collect())
    }

    async fn scan(&self, after: Option<BlobId>, limit: u32) -> Result<Vec<Blob>, PortError> {
        let state = self.shared.read();
        let rows = self.after(&state, after);
        Ok(rows.take(limit as usize).cloned().collect())
    }
}

/// Whether the sweeper is to end a blob: silent or unreferenced since before
/// `before`, or abandoned.
pub(crate) fn is_to_sweep(blob: &Blob, before: Timestamp) -> bool {
    match &blob.state {
        BlobState::Open { heartbeat_at, .. } => *heartbeat_at < before,
        BlobState::Stored {
            unreferenced_at, ..
        } => unreferenced_at.is_some_and(|at| at < before),
        BlobState::Abandoned => true,
    }
}
