//! Registration of users and their tenants.

use tenantry_domain::{
    Invalid, Revision, Timestamp,
    email::Email,
    id::{TenantId, UserId},
    identity::{Identity, IdentityStatus, PasswordHash},
    name::{Subdomain, TenantName, Username},
    password,
    role::Preset,
};

use super::new_tenant::{NewTenant, membership, reject_reserved, suggest_subdomain};
use crate::{
    audit::Entry,
    caller::RequestInfo,
    error::{Checks, Error, Result},
    ports::{CommitError, PortError, PortErrorKind, Refusal, UniqueKey},
    retry,
    services::{Registration, Services},
    work::PlatformWork,
};

/// The data of a registration.
#[derive(Clone, Default)]
pub struct Register {
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: String,
    /// The name of the tenant to create.
    pub organization_name: Option<String>,
    /// The tenant's subdomain; derived from the name by default.
    pub subdomain: Option<String>,
    /// An alternative sign-in name.
    pub username: Option<String>,
    /// The request.
    pub request: RequestInfo,
}

/// The result of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The user.
    pub user_id: UserId,
    /// The e-mail address as entered.
    pub email: Email,
    /// The user's tenant.
    pub tenant_id: TenantId,
}

/// The maximum number of suggested subdomains to try.
const SUGGESTIONS: u32 = 20;

/// The subdomain of the only tenant of a single-tenant service.
pub(super) const SINGLE_TENANT: &str = "default";

/// Registers a user as the owner of a new tenant or, on a single-tenant
/// service, in its only tenant.
pub async fn register(services: &Services, command: Register) -> Result<Registered> {
    if services.settings.registration != Registration::Open {
        return Err(Error::AccessDenied(
            "registration is by invitation only".to_owned(),
        ));
    }
    let valid = check(services, &command)?;
    if services
        .store
        .identities()
        .find_by_email(valid.email.key())
        .await?
        .is_some()
    {
        return Err(Error::AlreadyExists(
            "the e-mail address is taken".to_owned(),
        ));
    }
    let identity = Identity {
        id: UserId::from_uuid(services.ids.next()),
        email: valid.email,
        email_verified: false,
        username: valid.username,
        display_name: None,
        password_hash: Some(hash_password(services, &command.password).await?),
        status: IdentityStatus::Active,
        platform_admin: false,
        last_tenant_id: None,
        created_at: services.now(),
        last_login_at: None,
        revision: Revision::FIRST,
    };
    let tenant_id = match valid.tenant {
        Some((name, subdomain)) => {
            create_tenant(services, &identity, name, subdomain, &command.request).await?
        }
        None => join_single_tenant(services, &identity, &command.request).await?,
    };
    Ok(Registered {
        user_id: identity.id,
        email: identity.email,
        tenant_id,
    })
}

/// Hashes a new password; fails with [`Error::RateLimited`] if the hasher's
/// queue is full.
pub(super) async fn hash_password(services: &Services, password: &str) -> Result<PasswordHash> {
    let composed = tenantry_domain::text::compose(password);
    services
        .passwords
        .hash(&composed)
        .await
        .map_err(hasher_error)
}

/// Converts an error of the password hasher.
pub(super) fn hasher_error(error: PortError) -> Error {
    if error.kind == PortErrorKind::Busy {
        Error::RateLimited {
            retry_after: std::time::Duration::from_secs(1),
        }
    } else {
        error.into()
    }
}

struct ValidRegistration {
    email: Email,
    username: Option<Username>,
    tenant: Option<(TenantName, Option<Subdomain>)>,
}

fn check(services: &Services, command: &Register) -> Result<ValidRegistration> {
    let mut checks = Checks::new();
    let email = checks.take("email", Email::parse(&command.email));
    let email_key = email.as_ref().map_or("", Email::key);
    let min = services.settings.password_min_chars;
    checks.take(
        "password",
        password::check_new(&command.password, min, email_key),
    );
    let username = checks.take_optional("username", command.username.as_deref(), Username::parse);
    let name = checks.take_optional(
        "organization_name",
        command.organization_name.as_deref(),
        TenantName::parse,
    );
    let subdomain = checks.take_optional("subdomain", command.subdomain.as_deref(), |text| {
        let label = Subdomain::parse(text)?;
        reject_reserved(services, &label).map(|()| label)
    });
    let single = services.settings.single_tenant;
    if command.organization_name.is_none() && !single {
        checks.note(
            "organization_name",
            Invalid::new("required", "must be given"),
        );
    }
    if single && (command.organization_name.is_some() || command.subdomain.is_some()) {
        checks.note(
            "organization_name",
            Invalid::new(
                "not_allowed",
                "must be absent: this service has a single tenant",
            ),
        );
    }
    let email = checks.require(email)?;
    Ok(ValidRegistration {
        email,
        username,
        tenant: name.map(|name| (name, subdomain)),
    })
}

async fn create_tenant(
    services: &Services,
    identity: &Identity,
    name: TenantName,
    subdomain: Option<Subdomain>,
    request: &RequestInfo,
) -> Result<TenantId> {
    let mut taken = 0;
    loop {
        let label = match &subdomain {
            Some(label) => label.clone(),
            None => suggest_subdomain(services, &name, taken)?,
        };
        let now = services.now();
        let new = NewTenant::new(services, name.clone(), label, identity.id, now)?;
        let mut work = PlatformWork::new();
        work.identities().add(identity);
        new.record(services, &mut work, now);
        work.audit(audit_entry(services, identity, new.tenant.id, request));
        match services.store.commit(work).await {
            Ok(()) => return Ok(new.tenant.id),
            Err(CommitError::Refused(Refusal::Duplicate(UniqueKey::TenantSubdomain)))
                if subdomain.is_none() && taken < SUGGESTIONS =>
            {
                taken += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Adds the user to the only tenant as a member. The first user creates and
/// owns it.
async fn join_single_tenant(
    services: &Services,
    identity: &Identity,
    request: &RequestInfo,
) -> Result<TenantId> {
    retry::while_stale!(async {
        let now = services.now();
        let mut work = PlatformWork::new();
        work.identities().add(identity);
        let tenant_id = match services
            .store
            .tenants()
            .find_by_subdomain(SINGLE_TENANT)
            .await?
        {
            Some(tenant) => {
                let role_ids = member_role(services, tenant.id).await?;
                work.memberships(now)
                    .add(&membership(tenant.id, identity.id, role_ids, now));
                tenant.id
            }
            None => record_single_tenant(services, &mut work, identity, now)?,
        };
        work.audit(audit_entry(services, identity, tenant_id, request));
        match services.store.commit(work).await {
            Ok(()) => Ok(tenant_id),
            // Two users tried to be the first: this one joins as a member.
            Err(CommitError::Refused(Refusal::Duplicate(
                UniqueKey::TenantSubdomain | UniqueKey::TenantName,
            ))) => Err(Error::VersionConflict),
            Err(error) => Err(error.into()),
        }
    })
}

fn record_single_tenant(
    services: &Services,
    work: &mut PlatformWork,
    identity: &Identity,
    now: Timestamp,
) -> Result<TenantId> {
    let internal = |_: Invalid| Error::internal("the name of the single tenant is invalid");
    let name = TenantName::parse(SINGLE_TENANT).map_err(internal)?;
    let label = Subdomain::parse(SINGLE_TENANT).map_err(internal)?;
    let new = NewTenant::new(services, name, label, identity.id, now)?;
    new.record(services, work, now);
    Ok(new.tenant.id)
}

async fn member_role(
    services: &Services,
    tenant: TenantId,
) -> Result<Vec<tenantry_domain::id::RoleId>> {
    let roles = services.store.roles().find_by_tenant(tenant).await?;
    let members = roles
        .iter()
        .filter(|role| role.preset == Some(Preset::Member));
    Ok(members.map(|role| role.id).collect())
}

fn audit_entry(
    services: &Services,
    identity: &Identity,
    tenant: TenantId,
    request: &RequestInfo,
) -> tenantry_domain::audit::AuditEntry {
    Entry::new(services, "user.register", "user", identity.id)
        .by_person(identity.id, request)
        .of_tenant(tenant)
}
