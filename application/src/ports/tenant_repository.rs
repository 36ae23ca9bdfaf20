//! Tenants, as stored.

use async_trait::async_trait;
use tenantry_domain::{id::TenantId, tenant::Tenant};

use super::PortError;

/// Reads tenants, whatever their status.
#[async_trait]
pub trait TenantRepository: Send + Sync {
    /// The tenant of an id.
    async fn lookup(&self, id: TenantId) -> Result<Option<Tenant>, PortError>;

    /// The tenant whose name folds to `key`. One that is being deleted has let
    /// its name and subdomain go.
    async fn find_by_name(&self, key: &str) -> Result<Option<Tenant>, PortError>;

    /// The tenant with a subdomain.
    async fn find_by_subdomain(&self, subdomain: &str) -> Result<Option<Tenant>, PortError>;

    /// Tenants by ascending id, those after `after`, at most `limit`.
    async fn list(&self, after: Option<TenantId>, limit: u32) -> Result<Vec<Tenant>, PortError>;
}
