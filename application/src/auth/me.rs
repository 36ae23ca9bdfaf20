//! Viewing and updating the current user.

use tenantry_domain::{
    email::Email,
    id::TenantId,
    identity::Identity,
    membership::{Membership, MembershipStatus},
    name::{DisplayName, Username},
    permission::PermissionSet,
    role::Role,
    session::RevokeReason,
    tenant::{ActiveTenant, Tenant},
    text,
};

use super::{
    attempt::{Attempt, FailureCounter},
    live_sessions::SessionEnd,
    new_password::hasher_error,
};
use crate::{
    audit::Entry,
    caller::PersonCaller,
    contention::{Lane, decide},
    error::{Checks, Error, Result},
    patch::Patch,
    ports::Verification,
    precondition::Precondition,
    security::SecurityEvent,
    services::Services,
    work::PlatformWork,
};

/// The current user with their memberships.
#[derive(Debug, Clone)]
pub struct Me {
    /// The user.
    pub identity: Identity,
    /// The tenant the session acts in.
    pub tenant_id: Option<TenantId>,
    /// The permissions in that tenant.
    pub permissions: PermissionSet,
    /// The user's memberships, oldest first.
    pub memberships: Vec<MembershipView>,
}

/// A membership as shown to its user.
#[derive(Debug, Clone)]
pub struct MembershipView {
    /// The tenant.
    pub tenant: Tenant,
    /// The status.
    pub status: MembershipStatus,
    /// The names of the assigned roles.
    pub roles: Vec<String>,
}

/// The changes of the current user.
#[derive(Clone, Default)]
pub struct UpdateMe {
    /// The name shown to other users.
    pub display_name: Patch<String>,
    /// The alternative sign-in name; requires the current password.
    pub username: Patch<String>,
    /// The new e-mail address; requires the current password.
    pub email: Option<String>,
    /// The current password.
    pub current_password: Option<String>,
    /// The revisions of the user on which the change may be based.
    pub precondition: Precondition,
}

/// Returns the current user.
pub async fn me(services: &Services, caller: &PersonCaller) -> Result<Me> {
    let identity = services.store.identities().lookup(caller.user_id).await?;
    let identity = identity.ok_or(Error::Unauthorized)?;
    view(services, caller, identity).await
}

/// Updates the current user. Another e-mail address or username requires the current
/// password, and ends all other sessions of the user in the same commit.
pub async fn update_me(
    services: &Services,
    caller: &PersonCaller,
    command: UpdateMe,
) -> Result<Me> {
    let mut checks = Checks::new();
    let display_name = checks.take_patch("display_name", command.display_name, DisplayName::parse);
    let username = checks.take_patch("username", command.username, Username::parse);
    let email = checks.take_optional("email", command.email.as_deref(), Email::parse);
    checks.done()?;
    let mut password_verified = false;
    let lane = Lane::of::<Identity>(caller.user_id);
    let identity = decide!(services, UserUpdate in lane, async {
        let identity = services.store.identities().lookup(caller.user_id).await?;
        let mut identity = identity.ok_or(Error::Unauthorized)?;
        command.precondition.check(identity.revision)?;
        let before = identity.clone();
        if let Some(email) = email.clone().filter(|email| *email != identity.email) {
            identity.email = email;
            identity.email_verified = false;
        }
        display_name.apply(&mut identity.display_name);
        username.apply(&mut identity.username);
        let end = SessionEnd {
            services,
            user_id: identity.id,
            reason: RevokeReason::Renamed,
            request: &caller.request,
        };
        let mut others = Vec::new();
        if (&identity.email, &identity.username) != (&before.email, &before.username) {
            if !password_verified {
                let password = command.current_password.as_deref();
                verify_password(services, caller, &before, password).await?;
                password_verified = true;
            }
            require_live(services, caller).await?;
            others = end.others(caller.session_id).await?;
        }
        let mut work = PlatformWork::new();
        work.identities().update(&identity);
        let entry = Entry::new(services, "user.update", "user", identity.id)
            .by_person(identity.id, &caller.request);
        let tenant = caller.tenant.map(ActiveTenant::id);
        work.audit(entry.of(tenant));
        end.record(&mut work, &mut others, tenant);
        services.store.commit(work).await?;
        end.done(&others);
        identity.revision = identity.revision.next();
        Ok(identity)
    })?;
    view(services, caller, identity).await
}

/// Fails with [`Error::Unauthorized`] if the caller's session has ended: of two
/// sessions that change the names at the same time, one ends the other.
async fn require_live(services: &Services, caller: &PersonCaller) -> Result<()> {
    let session = services.store.sessions().lookup(caller.session_id).await?;
    let is_live = session.is_some_and(|session| session.is_live(services.now()));
    is_live.then_some(()).ok_or(Error::Unauthorized)
}

async fn verify_password(
    services: &Services,
    caller: &PersonCaller,
    identity: &Identity,
    password: Option<&str>,
) -> Result<()> {
    let wrong = || {
        let reason =
            tenantry_domain::Invalid::new("wrong_password", "must be the current password");
        Error::field("current_password", reason)
    };
    let password = text::compose(password.ok_or_else(wrong)?);
    // Failures of others do not delay the session's user.
    let counters = vec![
        FailureCounter::Session(caller.session_id),
        FailureCounter::User(identity.id),
    ];
    let log = |event: SecurityEvent| {
        event.log_with(services, &caller.request, identity.email.key());
    };
    let attempt = Attempt::begin(services, counters)
        .await
        .inspect_err(|error| {
            if matches!(error, Error::RateLimited { .. }) {
                log(SecurityEvent::AttemptDelayed);
            }
        })?;
    let hash = identity.password_hash.as_ref();
    match services
        .passwords
        .verify(&password, hash)
        .await
        .map_err(hasher_error)?
    {
        Verification::Mismatch => {
            log(SecurityEvent::PasswordRejected);
            Err(wrong())
        }
        Verification::Match | Verification::Outdated => attempt.succeed().await,
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
