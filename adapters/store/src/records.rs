//! Stored records that have no type in the domain.

use tenantry_application::ports::SealedEntry;
use tenantry_domain::{
    audit::{AuditEntry, ChainHead, Seal},
    id::TenantId,
};
use uuid::Uuid;

/// An audit entry and its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// The entry.
    pub entry: AuditEntry,
    /// The place; `None` until it is sealed.
    pub seal: Option<Seal>,
}

impl AuditRecord {
    /// Converts to a sealed entry; an entry without a seal is `None`.
    pub fn sealed(self) -> Option<SealedEntry> {
        let (entry, seal) = (self.entry, self.seal?);
        Some(SealedEntry { entry, seal })
    }
}

/// The end of the chain of a tenant, or of the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditChain {
    /// The tenant; `None` for the platform.
    pub tenant_id: Option<TenantId>,
    /// The last sealed entry.
    pub head: ChainHead,
}

/// Returns the id of a chain: the tenant's id, or the nil UUID for the platform.
pub fn chain_id(tenant: Option<TenantId>) -> Uuid {
    tenant.map_or(Uuid::nil(), TenantId::as_uuid)
}

/// Returns the tenant of a chain.
pub fn chain_tenant(chain: Uuid) -> Option<TenantId> {
    (!chain.is_nil()).then(|| TenantId::from_uuid(chain))
}
