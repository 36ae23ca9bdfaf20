//! The audit chains of a store.

use async_trait::async_trait;
use tenantry_domain::{
    audit::{ChainHead, PublishedHead},
    id::TenantId,
};

use super::PortError;

/// Reads the ends of all audit chains, of tenants in any state.
#[async_trait]
pub trait AuditChains: Send + Sync {
    /// Returns up to `limit` heads of chains with sealed entries, the platform's
    /// first, then by tenant. With `after`, returns those of later tenants.
    async fn list(
        &self,
        after: Option<TenantId>,
        limit: u32,
    ) -> Result<Vec<PublishedHead>, PortError>;

    /// Returns the end of a chain; [`ChainHead::EMPTY`] if no entry is sealed.
    async fn head(&self, chain: Option<TenantId>) -> Result<ChainHead, PortError>;

    /// Returns the hash of the entry at a position of a chain; `None` if there
    /// is no such entry.
    async fn hash_at(
        &self,
        chain: Option<TenantId>,
        sequence: u64,
    ) -> Result<Option<[u8; 32]>, PortError>;
}
