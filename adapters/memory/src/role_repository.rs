//! Roles.

use async_trait::async_trait;
use tenantry_application::ports::{PortError, RoleRepository};
use tenantry_domain::{id::TenantId, role::Role};

use crate::shared::Shared;

/// Reads roles.
#[derive(Debug)]
pub(crate) struct MemoryRoleRepository {
    shared: Shared,
}

impl MemoryRoleRepository {
    pub(crate) const fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl RoleRepository for MemoryRoleRepository {
    async fn find_by_tenant(&self, tenant: TenantId) -> Result<Vec<Role>, PortError> {
        let state = self.shared.read();
        let rows = state.roles.values();
        Ok(rows
            .filter(|row| row.tenant_id == tenant)
            .cloned()
            .collect())
    }
}
