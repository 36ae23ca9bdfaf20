//! The index of tenants that need maintenance.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use tenantry_domain::{Timestamp, blob::BackendName, id::TenantId};

use super::PortError;

/// Finds tenants that need maintenance. Returns ids only; the data is accessed
/// through each tenant's store.
#[async_trait]
pub trait UpkeepIndex: Send + Sync {
    /// Returns up to `limit` active tenants with unsealed audit entries in the
    /// order of their ids, after `None` for the platform. With `after`, returns
    /// later tenants. Other tenants cannot be sealed and would displace those
    /// that can.
    async fn unsealed_chains(
        &self,
        after: Option<TenantId>,
        limit: u32,
    ) -> Result<Vec<Option<TenantId>>, PortError>;

    /// Returns up to `limit` active tenants with blobs that
    /// [`find_to_sweep`](super::BlobRepository::find_to_sweep) returns.
    async fn tenants_to_sweep(
        &self,
        recent: &RangeInclusive<Timestamp>,
        limit: u32,
    ) -> Result<Vec<TenantId>, PortError>;

    /// Returns whether any tenant has a blob in a storage backend, in any
    /// state.
    async fn uses_backend(&self, backend: &BackendName) -> Result<bool, PortError>;
}
