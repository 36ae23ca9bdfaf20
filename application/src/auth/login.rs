//! Signing in.

use tenantry_domain::{
    Revision, Timestamp,
    email::Email,
    id::{SessionId, TenantId},
    identity::{Identity, IdentityStatus},
    membership::MembershipStatus,
    session::{Client, RevokeReason, Session},
    tenant::{ActiveTenant, Tenant},
    text,
};

use super::{
    attempt::{Attempt, FailureCounter},
    device::{Device, DeviceToken},
    grant::{TokenPair, refresh_hash, session_expiry, tokens},
    live_sessions::SessionEnd,
    new_password::hasher_error,
    select::Selection,
};
use crate::{
    audit::Entry,
    caller::RequestInfo,
    contention::{Lane, decide},
    error::{Error, Result, Thing},
    ports::Verification,
    security::SecurityEvent,
    services::Services,
    work::PlatformWork,
};

/// The credentials and options of a sign-in.
#[derive(Clone, Default)]
pub struct Login {
    /// The e-mail address or username.
    pub identifier: String,
    /// The password.
    pub password: String,
    /// The device token of an earlier sign-in from this device.
    pub device_token: Option<String>,
    /// The tenant to act in; by default the one used last. If several are named
    /// they must be the same.
    pub tenants: Vec<Selection>,
    /// The request.
    pub request: RequestInfo,
}

/// The result of a sign-in.
#[derive(Debug, Clone)]
pub struct LoginResult {
    /// The tokens.
    pub tokens: TokenPair,
    /// The token that exempts this device from the delay after failures of
    /// others.
    pub device_token: DeviceToken,
    /// The user.
    pub identity: Identity,
    /// The tenant the session acts in; `None` for a user without a tenant.
    pub tenant: Option<Tenant>,
}

/// Verifies the password and creates a session. An unknown account, a wrong
/// password and a deactivated user are indistinguishable, also by timing. After
/// several failures of one user the next attempt must wait, unless it comes from
/// a device that has signed in before.
pub async fn login(services: &Services, command: Login) -> Result<LoginResult> {
    let identifier = command.identifier.as_str();
    let key = Email::parse(identifier)
        .map_or_else(|_| text::fold(identifier), |email| email.key().to_owned());
    let found = find(services, &key, identifier).await?;
    let (attempt, device) = begin_attempt(services, &command, &key, found.as_ref()).await?;
    let hash = found
        .as_ref()
        .and_then(|identity| identity.password_hash.as_ref());
    let password = text::compose(&command.password);
    let verification = services
        .passwords
        .verify(&password, hash)
        .await
        .map_err(hasher_error)?;
    let identity = found
        .filter(|identity| identity.status == IdentityStatus::Active)
        .filter(|_| verification != Verification::Mismatch)
        .ok_or_else(|| {
            SecurityEvent::SignInFailed.log_with(services, &command.request, &key);
            Error::Unauthorized
        })?;
    attempt.succeed().await?;
    let device = device.unwrap_or_else(|| Device::new(services, identity.id));
    let upgraded_hash = match verification {
        Verification::Outdated => {
            let upgraded = services.passwords.hash(&password).await;
            Some(upgraded.map_err(hasher_error)?)
        }
        _ => None,
    };
    let tenant = select_tenant(services, &identity, &command.tenants)
        .await
        .inspect_err(|error| {
            if matches!(error, Error::NotFound(Thing::Tenant)) {
                SecurityEvent::ForeignTenant.log_with(services, &command.request, &key);
            }
        })?;
    let verified_hash = identity.password_hash.clone();
    let lane = Lane::of::<Identity>(identity.id);
    let mut current = Some(identity);
    decide!(services, Login in lane, async {
        let mut identity = match current.take() {
            Some(identity) => identity,
            None => find(services, &key, identifier)
                .await?
                .ok_or(Error::Unauthorized)?,
        };
        // After a concurrent write, the verified password hash must be
        // unchanged and the user still active.
        if identity.password_hash != verified_hash || identity.status != IdentityStatus::Active {
            return Err(Error::Unauthorized);
        }
        let now = services.now();
        identity.last_login_at = Some(now);
        identity.last_tenant_id = tenant
            .as_ref()
            .map(|tenant| tenant.id)
            .or(identity.last_tenant_id);
        if let Some(hash) = &upgraded_hash {
            identity.password_hash = Some(hash.clone());
        }
        let tenant_id = tenant.as_ref().map(|tenant| tenant.id);
        let session = new_session(services, &identity, tenant_id, &command.request, now);
        // Every login updates the identity, so that a concurrent one makes this stale.
        let end = SessionEnd {
            services,
            user_id: identity.id,
            reason: RevokeReason::Limit,
            request: &command.request,
        };
        let mut ended = end.excess().await?;
        let mut work = PlatformWork::new();
        work.identities().update(&identity);
        work.sessions().add(&session);
        end.record(&mut work, &mut ended, tenant_id);
        let entry = Entry::new(services, "auth.login", "session", session.id)
            .by_person(identity.id, &command.request);
        work.audit(entry.of(tenant_id));
        services.store.commit(work).await?;
        end.done(&ended);
        identity.revision = identity.revision.next();
        let tokens = tokens(services, &session, tenant_id)?;
        Ok(LoginResult {
            tokens,
            device_token: device.token(services),
            identity,
            tenant: tenant.clone(),
        })
    })
}

/// Counts an attempt: by its device, if it has signed in as the user before, or by
/// the user. Returns that device as well.
async fn begin_attempt<'s>(
    services: &'s Services,
    command: &Login,
    key: &str,
    found: Option<&Identity>,
) -> Result<(Attempt<'s>, Option<Device>)> {
    let device = found.zip(command.device_token.as_deref());
    let device = device.and_then(|(user, token)| Device::recognize(services, token, user.id));
    let own = device
        .as_ref()
        .map(|device| FailureCounter::Device(device.id()));
    let shared = match found {
        Some(identity) => FailureCounter::User(identity.id),
        None => FailureCounter::Unknown(key.to_owned()),
    };
    let counters = own.into_iter().chain([shared]).collect();
    let attempt = Attempt::begin(services, counters)
        .await
        .inspect_err(|error| {
            if matches!(error, Error::RateLimited { .. }) {
                SecurityEvent::AttemptDelayed.log_with(services, &command.request, key);
            }
        })?;
    Ok((attempt, device))
}

async fn find(services: &Services, key: &str, identifier: &str) -> Result<Option<Identity>> {
    let identities = services.store.identities();
    // Usernames never contain an @: see `Username`.
    if !key.contains('@') {
        return Ok(identities.find_by_username(key).await?);
    }
    let found = identities.find_by_email(key).await?;
    // Rows from before keys had ASCII domains get the new key when they change.
    let former = text::fold(identifier);
    if found.is_some() || former == key {
        return Ok(found);
    }
    Ok(identities.find_by_email(&former).await?)
}

/// Selects the tenant to act in: the requested one, the one used last, or the
/// first one accessible to the user.
async fn select_tenant(
    services: &Services,
    identity: &Identity,
    named: &[Selection],
) -> Result<Option<Tenant>> {
    let memberships = services
        .store
        .memberships()
        .find_by_user(identity.id)
        .await?;
    let mut accessible: Vec<TenantId> = memberships
        .iter()
        .filter(|membership| membership.status == MembershipStatus::Active)
        .map(|membership| membership.tenant_id)
        .collect();
    if let Some((first, others)) = named.split_first() {
        let tenant = first
            .find(services)
            .await?
            .filter(|t| accessible.contains(&t.id) && is_active(t));
        let tenant = tenant.ok_or(Error::NotFound(Thing::Tenant))?;
        for other in others {
            other
                .require(services, ActiveTenant::of(tenant.id, tenant.status))
                .await?;
        }
        return Ok(Some(tenant));
    }
    // The sort is stable: after the tenant used last, the oldest membership
    // comes first.
    accessible.sort_by_key(|id| Some(*id) != identity.last_tenant_id);
    for id in accessible {
        if let Some(tenant) = services.store.tenants().lookup(id).await?.filter(is_active) {
            return Ok(Some(tenant));
        }
    }
    Ok(None)
}

fn is_active(tenant: &Tenant) -> bool {
    ActiveTenant::of(tenant.id, tenant.status).is_some()
}

fn new_session(
    services: &Services,
    identity: &Identity,
    tenant_id: Option<TenantId>,
    request: &RequestInfo,
    now: Timestamp,
) -> Session {
    let id = SessionId::from_uuid(services.ids.next());
    Session {
        id,
        user_id: identity.id,
        tenant_id,
        generation: 1,
        refresh_hash: refresh_hash(services, id, 1),
        previous_hash: None,
        rotated_at: now,
        created_at: now,
        expires_at: session_expiry(services, now, now),
        revoked: None,
        client: Client {
            address: request.address.clone(),
            user_agent: request
                .user_agent
                .as_deref()
                .map(|agent| agent.chars().take(256).collect()),
        },
        revision: Revision::FIRST,
    }
}
