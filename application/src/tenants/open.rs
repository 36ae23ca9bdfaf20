//! Opening a tenant's store for work without a caller.

use std::sync::Arc;

use tenantry_domain::{id::TenantId, tenant::ActiveTenant};

use crate::{error::Result, ports::TenantStore, services::Services};

/// Opens the store of a tenant; `None` if the tenant does not exist or is not
/// active.
pub(crate) async fn open_active(
    services: &Services,
    tenant: TenantId,
) -> Result<Option<Arc<dyn TenantStore>>> {
    let found = services.store.tenants().lookup(tenant).await?;
    let active = found.and_then(|found| ActiveTenant::of(tenant, found.status));
    Ok(match active {
        Some(active) => Some(services.store.open(active).await?),
        None => None,
    })
}
