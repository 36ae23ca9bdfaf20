//! Updating the settings of a tenant.

use tenantry_domain::{media_type::ContentTypes, permission::Permission, tenant::Tenant};

use super::get::find;
use crate::{
    audit::Entry,
    caller::Caller,
    contention::{Lane, decide},
    error::Result,
    precondition::Precondition,
    services::Services,
    work::PlatformWork,
};

/// The new settings of a tenant.
#[derive(Debug, Clone)]
pub struct UpdateSettings {
    /// The rule for content that differs from its declared type.
    pub content_types: ContentTypes,
    /// The revisions of the tenant on which the change may be based.
    pub precondition: Precondition,
}

/// Replaces the settings of the caller's tenant. A changed rule applies to
/// content that is validated later.
pub async fn update(
    services: &Services,
    caller: &Caller,
    command: UpdateSettings,
) -> Result<Tenant> {
    caller.require(Permission::TenantWrite)?;
    let lane = Lane::of::<Tenant>(caller.tenant.id());
    decide!(services, SettingsUpdate in lane, async {
        let mut tenant = find(services, caller).await?;
        command.precondition.check(tenant.revision)?;
        let before = tenant.content_types;
        if before == command.content_types {
            return Ok(tenant);
        }
        tenant.set_content_types(command.content_types, services.now());
        let mut work = PlatformWork::new();
        work.tenants().update(&tenant);
        let entry = Entry::new(services, "settings.update", "tenant", tenant.id)
            .detail("from", before.as_str())
            .detail("to", command.content_types.as_str());
        work.audit(entry.by(caller));
        services.store.commit(work).await?;
        tenant.revision = tenant.revision.next();
        Ok(tenant)
    })
}
