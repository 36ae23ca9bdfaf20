//! Where upkeep is due, across all tenants.

use async_trait::async_trait;
use tenantry_domain::{Timestamp, blob::BackendName, id::TenantId};

use super::PortError;

/// Finds tenants with something to tidy. It answers ids alone: what is there
/// is reached through each tenant's own handle.
#[async_trait]
pub trait UpkeepIndex: Send + Sync {
    /// Active tenants (`None`: the platform) with audit entries that are not
    /// sealed, at most `limit`. Others cannot be sealed and would take up the
    /// room of those that can.
    async fn unsealed_chains(&self, limit: u32) -> Result<Vec<Option<TenantId>>, PortError>;

    /// Active tenants with uploads silent since before `before`, with blobs
    /// unreferenced since before `before`, or with abandoned blobs; at most
    /// `limit`.
    async fn tenants_to_sweep(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<TenantId>, PortError>;

    /// Whether any tenant has a blob in a storage backend, in whatever state.
    async fn uses_backend(&self, backend: &BackendName) -> Result<bool, PortError>;
}
