//! Roles.

use async_trait::async_trait;
use tenantry_application::ports::{PortError, RoleRepository};
use tenantry_domain::{id::TenantId, role::Role};

use crate::{Backend, Direction, PlatformRows, Query};

#[async_trait]
impl<B: Backend> RoleRepository for PlatformRows<B> {
    async fn find_by_tenant(&self, tenant: TenantId) -> Result<Vec<Role>, PortError> {
        let query = Query::of_tenant(tenant).order_by_key(Direction::Ascending);
        self.backend().find(query).await
    }
}
