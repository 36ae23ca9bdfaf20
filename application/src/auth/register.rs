//! Registering a person, and with them a company.

use tenantry_domain::{
    Invalid, Revision, Timestamp,
    email::Email,
    id::{TenantId, UserId},
    identity::{Identity, IdentityStatus, PasswordHash},
    name::{Subdomain, TenantName, Username},
    password,
    role::Preset,
};

use super::new_tenant::{NewTenant, membership, refuse_reserved, suggest_subdomain};
use crate::{
    audit::Entry,
    caller::RequestInfo,
    error::{Checks, Error, Result},
    ports::{CommitError, PortError, PortErrorKind, Refusal, UniqueKey},
    retry,
    services::{Registration, Services},
    work::PlatformWork,
};

/// What a person gives to register.
#[derive(Clone, Default)]
pub struct Register {
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
    /// The name of the tenant to make.
    pub organization_name: Option<String>,
    /// Its subdomain; made of the name where absent.
    pub subdomain: Option<String>,
    /// A second sign-in name.
    pub username: Option<String>,
    /// The request.
    pub request: RequestInfo,
}

/// Who was registered, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The person.
    pub user_id: UserId,
    /// Their address as they wrote it.
    pub email: Email,
    /// The tenant they are in now.
    pub tenant_id: TenantId,
}

/// How many suggested subdomains are tried before giving up.
const SUGGESTIONS: u32 = 20;

/// The label of the one tenant of a service that has one only.
pub(super) const SINGLE_TENANT: &str = "default";

/// Registers a person with a new tenant, as its owner; or, where the service
/// has one tenant only, in that one.
pub async fn register(services: &Services, command: Register) -> Result<Registered> {
    if services.settings.registration != Registration::Open {
        return Err(Error::AccessDenied(
            "registration is by invitation only".to_owned(),
        ));
    }
    let wanted = check(services, &command)?;
    if services
        .store
        .identities()
        .find_by_email(wanted.email.key())
        .await?
        .is_some()
    {
        return Err(Error::AlreadyExists(
            "the e-mail address is taken".to_owned(),
        ));
    }
    let identity = Identity {
        id: UserId::from_uuid(services.ids.next()),
        email: wanted.email,
        email_verified: false,
        username: wanted.username,
        display_name: None,
        password_hash: Some(hash_password(services, &command.password).await?),
        status: IdentityStatus::Active,
        platform_admin: false,
        last_tenant_id: None,
        created_at: services.now(),
        last_login_at: None,
        revision: Revision::FIRST,
    };
    let tenant_id = match wanted.tenant {
        Some((name, subdomain)) => {
            with_tenant(services, &identity, name, subdomain, &command.request).await?
        }
        None => join_single_tenant(services, &identity, &command.request).await?,
    };
    Ok(Registered {
        user_id: identity.id,
        email: identity.email,
        tenant_id,
    })
}

/// Hashes a new password; a full queue asks the client to come back.
pub(super) async fn hash_password(services: &Services, password: &str) -> Result<PasswordHash> {
    let composed = tenantry_domain::text::compose(password);
    services
        .passwords
        .hash(&composed)
        .await
        .map_err(hasher_error)
}

/// What a failure of the hasher means to a client.
pub(super) fn hasher_error(error: PortError) -> Error {
    if error.kind == PortErrorKind::Busy {
        Error::RateLimited {
            retry_after: std::time::Duration::from_secs(1),
        }
    } else {
        error.into()
    }
}

struct Wanted {
    email: Email,
    username: Option<Username>,
    tenant: Option<(TenantName, Option<Subdomain>)>,
}

fn check(services: &Services, command: &Register) -> Result<Wanted> {
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
        refuse_reserved(services, &label).map(|()| label)
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
                "must be absent: this service has one tenant only",
            ),
        );
    }
    let email = checks.require(email)?;
    Ok(Wanted {
        email,
        username,
        tenant: name.map(|name| (name, subdomain)),
    })
}

async fn with_tenant(
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
        work.audit(registered(services, identity, new.tenant.id, request));
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

/// The first person of a service with one tenant makes and owns it; the next
/// ones join as members.
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
        work.audit(registered(services, identity, tenant_id, request));
        match services.store.commit(work).await {
            Ok(()) => Ok(tenant_id),
            // Two first people: the slower one joins.
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
    let internal = |_: Invalid| Error::internal("the single tenant has no valid name");
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

fn registered(
    services: &Services,
    identity: &Identity,
    tenant: TenantId,
    request: &RequestInfo,
) -> tenantry_domain::audit::AuditEntry {
    Entry::new(services, "user.register", "user", identity.id)
        .by_person(identity.id, request)
        .of_tenant(tenant)
}
