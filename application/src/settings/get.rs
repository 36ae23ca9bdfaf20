//! Viewing the settings of a tenant.

use tenantry_domain::{permission::Permission, tenant::Tenant};

use crate::{
    caller::Caller,
    error::{Error, Result, Thing},
    services::Services,
};

/// Returns the caller's tenant with its settings.
pub async fn get(services: &Services, caller: &Caller) -> Result<Tenant> {
    caller.require(Permission::TenantRead)?;
    find(services, caller).await
}

/// Returns the caller's tenant.
pub(super) async fn find(services: &Services, caller: &Caller) -> Result<Tenant> {
    let tenant = services.store.tenants().lookup(caller.tenant_id()).await?;
    tenant.ok_or(Error::NotFound(Thing::Tenant))
}
