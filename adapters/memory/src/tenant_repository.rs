//! Tenants.

use std::ops::Bound;

use async_trait::async_trait;
use tenantry_application::ports::{PortError, TenantRepository};
use tenantry_domain::{
    id::TenantId,
    tenant::{Tenant, TenantStatus},
};

use crate::shared::Shared;

/// Reads tenants.
#[derive(Debug)]
pub(crate) struct MemoryTenantRepository {
    shared: Shared,
}

impl MemoryTenantRepository {
    pub(crate) const fn new(shared: Shared) -> Self {
        Self { shared }
    }

    /// The tenant that a name belongs to: one on its way out has let it go.
    fn find(&self, wanted: impl Fn(&Tenant) -> bool) -> Option<Tenant> {
        let state = self.shared.read();
        let mut named = state
            .tenants
            .values()
            .filter(|row| row.status != TenantStatus::Deleting);
        named
            .find(|row| wanted(row))
            .map(|row| state.with_guards(row))
    }
}

#[async_trait]
impl TenantRepository for MemoryTenantRepository {
    async fn lookup(&self, id: TenantId) -> Result<Option<Tenant>, PortError> {
        let state = self.shared.read();
        Ok(state.tenants.get(&id).map(|row| state.with_guards(row)))
    }

    async fn find_by_name(&self, key: &str) -> Result<Option<Tenant>, PortError> {
        Ok(self.find(|row| row.name.key() == key))
    }

    async fn find_by_subdomain(&self, subdomain: &str) -> Result<Option<Tenant>, PortError> {
        Ok(self.find(|row| row.subdomain.as_str() == subdomain))
    }

    async fn list(&self, after: Option<TenantId>, limit: u32) -> Result<Vec<Tenant>, PortError> {
        let state = self.shared.read();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = state.tenants.range((from, Bound::Unbounded));
        Ok(rows
            .take(limit as usize)
            .map(|(_, row)| state.with_guards(row))
            .collect())
    }
}
