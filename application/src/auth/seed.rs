//! Creation of platform administrators from the command line.

use tenantry_domain::{
    Revision,
    email::Email,
    id::{TenantId, UserId},
    identity::{Identity, IdentityStatus},
    name::{Subdomain, TenantName},
    password::ContextNames,
};

use super::{
    new_password::{accept_password, hash_password},
    new_tenant::{NewTenant, generate_subdomain, suggest_subdomain},
    pending_registration::{SINGLE_TENANT, single_tenant_name},
};
use crate::{
    audit::Entry,
    error::{Checks, Error, Result},
    services::Services,
    work::PlatformWork,
};

/// A platform administrator and the tenant they own.
#[derive(Clone)]
pub struct SeedAdmin {
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: String,
    /// The name of a tenant to create for the administrator, if any.
    pub tenant: Option<String>,
}

/// Creates the user and the tenant; fails if either exists.
pub async fn seed_admin(
    services: &Services,
    command: SeedAdmin,
) -> Result<(UserId, Option<TenantId>)> {
    let mut checks = Checks::new();
    let email = checks.take("email", Email::parse(&command.email));
    let name = checks.take_optional("tenant", command.tenant.as_deref(), TenantName::parse);
    let single = services.settings.single_tenant;
    let single = single.then(single_tenant_name).transpose()?;
    let names = ContextNames {
        product: &services.settings.app_name,
        tenant: name.as_ref().or(single.as_ref()),
        subdomain: None,
        email: email.as_ref(),
        username: None,
        display_name: None,
    };
    let password = accept_password(services, &command.password, names);
    let password = checks.take("password", password);
    let (email, password) = checks.require(email.zip(password))?;
    let now = services.now();
    let identity = Identity {
        id: UserId::from_uuid(services.ids.next()),
        email,
        email_verified: false,
        username: None,
        display_name: None,
        password_hash: Some(hash_password(services, &password).await?),
        status: IdentityStatus::Active,
        platform_admin: true,
        last_tenant_id: None,
        created_at: now,
        last_login_at: None,
        revision: Revision::FIRST,
    };
    let mut work = PlatformWork::new();
    work.identities().add(&identity);
    let mut tenant_id = None;
    let name = match name {
        None if services.settings.single_tenant => unowned_single_tenant(services).await?,
        name => name,
    };
    if let Some(name) = name {
        let label = if services.settings.single_tenant {
            // The tenant that all users who register join.
            Subdomain::parse(SINGLE_TENANT).map_err(|e| Error::field("tenant", e))?
        } else {
            suggest_subdomain(services, &name, 0)
                .map_or_else(|| generate_subdomain(services), Ok)?
        };
        let new = NewTenant::new(services, name, label, identity.id, now)?;
        new.record(services, &mut work, now);
        tenant_id = Some(new.tenant.id);
    }
    work.audit(Entry::new(services, "platform.admin_create", "user", identity.id).of_platform());
    services.store.commit(work).await?;
    Ok((identity.id, tenant_id))
}

/// Returns the name of the single tenant unless it exists: the administrator owns
/// it, instead of the first user who registers.
async fn unowned_single_tenant(services: &Services) -> Result<Option<TenantName>> {
    let tenants = services.store.tenants();
    if tenants.find_by_subdomain(SINGLE_TENANT).await?.is_some() {
        return Ok(None);
    }
    single_tenant_name().map(Some)
}
