//! The signed-in person: what they see and change of themselves.

use tenantry_domain::{
    email::Email,
    id::TenantId,
    identity::Identity,
    membership::{Membership, MembershipStatus},
    name::{DisplayName, Username},
    permission::PermissionSet,
    role::Role,
    tenant::{ActiveTenant, Tenant},
    text,
};

use super::{register::hasher_error, throttle::throttle_account};
use crate::{
    audit::Entry,
    caller::PersonCaller,
    error::{Checks, Error, Result},
    ports::Verification,
    precondition::Precondition,
    retry,
    services::Services,
    work::PlatformWork,
};

/// A person with their tenants.
#[derive(Debug, Clone)]
pub struct Me {
    /// Who they are.
    pub identity: Identity,
    /// Where they act now.
    pub tenant_id: Option<TenantId>,
    /// What they may do there.
    pub permissions: PermissionSet,
    /// Every tenant they belong to, oldest membership first.
    pub memberships: Vec<MembershipView>,
}

/// A membership as its person sees it.
#[derive(Debug, Clone)]
pub struct MembershipView {
    /// The tenant.
    pub tenant: Tenant,
    /// Whether it opens the tenant.
    pub status: MembershipStatus,
    /// The names of the roles held there.
    pub roles: Vec<String>,
}

/// What to make of a value: leave it, set it, or clear it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// Leave it as it is.
    #[default]
    Keep,
    /// Have none.
    Clear,
    /// Have this one.
    Set(T),
}

/// What a person changes of themselves.
#[derive(Clone, Default)]
pub struct UpdateMe {
    /// How they are shown to others.
    pub display_name: Change<String>,
    /// A second sign-in name.
    pub username: Change<String>,
    /// Another address; needs the current password.
    pub email: Option<String>,
    /// The current password.
    pub current_password: Option<String>,
    /// Only on these revisions of the person.
    pub precondition: Precondition,
}

/// Shows the signed-in person.
pub async fn me(services: &Services, caller: &PersonCaller) -> Result<Me> {
    let identity = services.store.identities().lookup(caller.user_id).await?;
    let identity = identity.ok_or(Error::Unauthorized)?;
    view(services, caller, identity).await
}

/// Changes the signed-in person.
pub async fn update_me(
    services: &Services,
    caller: &PersonCaller,
    command: UpdateMe,
) -> Result<Me> {
    let mut checks = Checks::new();
    let display_name = checks.take_change("display_name", command.display_name, DisplayName::parse);
    let username = checks.take_change("username", command.username, Username::parse);
    let email = checks.take_optional("email", command.email.as_deref(), Email::parse);
    checks.done()?;
    let mut verified = false;
    let identity = retry::while_stale!(async {
        let identity = services.store.identities().lookup(caller.user_id).await?;
        let mut identity = identity.ok_or(Error::Unauthorized)?;
        command.precondition.check(identity.revision)?;
        if let Some(email) = email.clone().filter(|email| *email != identity.email) {
            if !verified {
                verify(services, &identity, command.current_password.as_deref()).await?;
                verified = true;
            }
            identity.email = email;
            identity.email_verified = false;
        }
        display_name.clone().apply(&mut identity.display_name);
        username.clone().apply(&mut identity.username);
        let mut work = PlatformWork::new();
        work.identities().update(&identity);
        let entry = Entry::new(services, "user.update", "user", identity.id)
            .by_person(identity.id, &caller.request);
        work.audit(entry.of(caller.tenant.map(ActiveTenant::id)));
        services.store.commit(work).await?;
        identity.revision = identity.revision.next();
        Ok(identity)
    })?;
    view(services, caller, identity).await
}

async fn verify(services: &Services, identity: &Identity, password: Option<&str>) -> Result<()> {
    let wrong = || {
        let reason =
            tenantry_domain::Invalid::new("wrong_password", "must be the current password");
        Error::field("current_password", reason)
    };
    let password = text::compose(password.ok_or_else(wrong)?);
    throttle_account(services, identity.email.key()).await?;
    let hash = identity.password_hash.as_ref();
    match services
        .passwords
        .verify(&password, hash)
        .await
        .map_err(hasher_error)?
    {
        Verification::Mismatch => Err(wrong()),
        Verification::Match | Verification::Outdated => Ok(()),
    }
}

async fn view(services: &Services, caller: &PersonCaller, identity: Identity) -> Result<Me> {
    let mut memberships = Vec::new();
    for membership in services
        .store
        .memberships()
        .find_by_user(identity.id)
        .await?
    {
        let Some(tenant) = services
            .store
            .tenants()
            .lookup(membership.tenant_id)
            .await?
        else {
            continue;
        };
        let roles = services.store.roles().find_by_tenant(tenant.id).await?;
        let roles = role_names(&membership, &roles);
        memberships.push(MembershipView {
            tenant,
            status: membership.status,
            roles,
        });
    }
    Ok(Me {
        identity,
        tenant_id: caller.tenant.map(ActiveTenant::id),
        permissions: caller.permissions,
        memberships,
    })
}

fn role_names(membership: &Membership, roles: &[Role]) -> Vec<String> {
    roles
        .iter()
        .filter(|role| membership.role_ids.contains(&role.id))
        .map(|role| role.name.as_str().to_owned())
        .collect()
}

impl<T> Change<T> {
    fn apply(self, value: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *value = None,
            Self::Set(new) => *value = Some(new),
        }
    }
}

impl Checks {
    fn take_change<T>(
        &mut self,
        field: &str,
        change: Change<String>,
        parse: impl FnOnce(&str) -> Result<T, tenantry_domain::Invalid>,
    ) -> Change<T> {
        match change {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(text) => self
                .take(field, parse(&text))
                .map_or(Change::Keep, Change::Set),
        }
    }
}
