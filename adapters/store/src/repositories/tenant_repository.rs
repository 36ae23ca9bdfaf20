//! Tenants.

use async_trait::async_trait;
use tenantry_application::ports::{PortError, TenantRepository};
use tenantry_domain::{id::TenantId, tenant::Tenant};

use crate::{Backend, PlatformRows, Query, rows::tenant::Column};

#[async_trait]
impl<B: Backend> TenantRepository for PlatformRows<B> {
    async fn lookup(&self, id: TenantId) -> Result<Option<Tenant>, PortError> {
        self.backend().lookup(id.into()).await
    }

    async fn find_by_name(&self, key: &str) -> Result<Option<Tenant>, PortError> {
        let query = Query::new().equal(Column::NameKey, key);
        self.backend().find_one(query).await
    }

    async fn find_by_subdomain(&self, subdomain: &str) -> Result<Option<Tenant>, PortError> {
        let query = Query::new().equal(Column::SubdomainKey, subdomain);
        self.backend().find_one(query).await
    }

    async fn list(&self, after: Option<TenantId>, limit: u32) -> Result<Vec<Tenant>, PortError> {
        let query = Query::new().scan(after.map(TenantId::as_uuid)).limit(limit);
        self.backend().find(query).await
    }
}
