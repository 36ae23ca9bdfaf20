//! Roles.

use async_trait::async_trait;
use tenantry_domain::{id::TenantId, role::Role};

use super::PortError;

/// Reads roles.
#[async_trait]
pub trait RoleRepository: Send + Sync {
    /// Returns all roles of a tenant, by id: at most a few hundred.
    async fn find_by_tenant(&self, tenant: TenantId) -> Result<Vec<Role>, PortError>;
}
