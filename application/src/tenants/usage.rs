//! A tenant's storage usage.

use tenantry_domain::{id::TenantId, permission::Permission};

use crate::{
    caller::Caller,
    error::{Error, Result, Thing},
    ports::Usage,
    services::Services,
};

/// Returns the storage quota and usage of the caller's tenant.
pub async fn usage(services: &Services, caller: &Caller, id: TenantId) -> Result<Usage> {
    if id != caller.tenant_id() {
        return Err(Error::NotFound(Thing::Tenant));
    }
    caller.require(Permission::TenantRead)?;
    let store = services.store.open(caller.tenant).await?;
    Ok(store.quota().usage().await?)
}
