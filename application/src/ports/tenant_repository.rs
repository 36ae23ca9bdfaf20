//! Tenants.

use async_trait::async_trait;
use tenantry_domain::{id::TenantId, tenant::Tenant};

use super::PortError;

/// Reads tenants, in any status.
#[async_trait]
pub trait TenantRepository: Send + Sync {
    /// Returns the tenant with this id.
    async fn lookup(&self, id: TenantId) -> Result<Option<Tenant>, PortError>;

    /// Returns the tenant whose name folds to `key`. A tenant that is being
    /// deleted has released its name and subdomain.
    async fn find_by_name(&self, key: &str) -> Result<Option<Tenant>, PortError>;

    /// Returns the tenant with this subdomain.
    async fn find_by_subdomain(&self, subdomain: &str) -> Result<Option<Tenant>, PortError>;

    /// Returns up to `limit` tenants with an id above `after`, in ascending
    /// order.
    async fn list(&self, after: Option<TenantId>, limit: u32) -> Result<Vec<Tenant>, PortError>;
}
