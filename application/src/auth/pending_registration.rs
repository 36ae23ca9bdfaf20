//! The commit of a registration.

use tenantry_domain::{
    Invalid, Timestamp,
    email::Email,
    id::{RoleId, TenantId, UserId},
    identity::Identity,
    name::{Subdomain, TenantName},
    role::Preset,
};
use uuid::Uuid;

use super::new_tenant::{NewTenant, generate_subdomain, membership, suggest_subdomain};
use crate::{
    audit::Entry,
    caller::RequestInfo,
    contention::{NameHold, Retried, Rounds},
    error::{Error, Result},
    idempotency::Attempt,
    ports::{CommitError, Refusal, UniqueKey},
    services::Services,
    work::{Kind, PlatformWork},
};

/// The subdomain of the only tenant of a single-tenant service.
pub(super) const SINGLE_TENANT: &str = "default";

/// The number of suggested subdomains, before a unique one is generated.
const SUGGESTIONS: u32 = 20;

/// The rounds in which a suggested subdomain is chosen. It can only be lost to
/// another process.
const SUGGESTED_ROUNDS: usize = 3;

/// The result of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredUser {
    /// The user.
    pub user_id: UserId,
    /// The e-mail address as entered.
    pub email: Email,
    /// The user's tenant.
    pub tenant_id: TenantId,
}

/// A registration that is being committed.
pub(super) struct PendingRegistration<'a> {
    pub(super) services: &'a Services,
    pub(super) identity: &'a Identity,
    pub(super) request: &'a RequestInfo,
    pub(super) attempt: &'a Attempt<'a, RegisteredUser>,
}

impl PendingRegistration<'_> {
    /// Creates a tenant that the user owns. A derived subdomain that is taken gets
    /// a number.
    pub(super) async fn create_tenant(
        &self,
        name: TenantName,
        subdomain: Option<Subdomain>,
    ) -> Result<RegisteredUser> {
        let Self {
            services, identity, ..
        } = self;
        let mut rounds = services.contention.rounds(Retried::Register);
        loop {
            let (label, _name) = match &subdomain {
                Some(label) => (label.clone(), None),
                None => free_subdomain(services, &name, &rounds).await?,
            };
            let now = services.now();
            let new = NewTenant::new(services, name.clone(), label, identity.id, now)?;
            let mut work = PlatformWork::new();
            work.identities().add(identity);
            new.record(services, &mut work, now);
            match self.commit(work, new.tenant.id).await {
                Err(CommitError::Refused(Refusal::Duplicate(UniqueKey::TenantSubdomain)))
                    if subdomain.is_none() =>
                {
                    rounds.lose()?;
                }
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Adds the user to the only tenant as a member. On an empty store, the first
    /// user creates and owns it.
    pub(super) async fn join_single_tenant(&self) -> Result<RegisteredUser> {
        let mut rounds = self.services.contention.rounds(Retried::Register);
        loop {
            match self.try_join().await {
                Err(Error::VersionConflict) => rounds.lose()?,
                outcome => return outcome,
            }
        }
    }

    async fn try_join(&self) -> Result<RegisteredUser> {
        let Self {
            services, identity, ..
        } = self;
        let now = services.now();
        let mut work = PlatformWork::new();
        work.identities().add(identity);
        let tenants = services.store.tenants();
        let tenant_id = match tenants.find_by_subdomain(SINGLE_TENANT).await? {
            Some(tenant) => {
                let role_ids = member_role(services, tenant.id).await?;
                work.memberships(now)
                    .add(&membership(tenant.id, identity.id, role_ids, now));
                tenant.id
            }
            None if tenants.list(None, 1).await?.is_empty() => {
                tracing::warn!(
                    user.id = %identity.id,
                    "the first user who registered owns the tenant of this service"
                );
                record_single_tenant(services, &mut work, identity, now)?
            }
            None => {
                return Err(Error::AccessDenied(
                    "the tenant of this service does not exist; an administrator must create it"
                        .to_owned(),
                ));
            }
        };
        match self.commit(work, tenant_id).await {
            // Two users tried to be the first: this one joins as a member.
            Err(CommitError::Refused(Refusal::Duplicate(
                UniqueKey::TenantSubdomain | UniqueKey::TenantName,
            ))) => Err(Error::VersionConflict),
            outcome => Ok(outcome?),
        }
    }

    /// Commits the registration with its audit entry and its response.
    async fn commit(
        &self,
        mut work: PlatformWork,
        tenant_id: TenantId,
    ) -> Result<RegisteredUser, CommitError> {
        let Self {
            services, identity, ..
        } = self;
        let entry = Entry::new(services, "user.register", "user", identity.id)
            .by_person(identity.id, self.request);
        work.audit(entry.of_tenant(tenant_id));
        let registered = RegisteredUser {
            user_id: identity.id,
            email: identity.email.clone(),
            tenant_id,
        };
        self.attempt.record(work.idempotency(None), &registered)?;
        services.store.commit(work).await?;
        Ok(registered)
    }
}

/// Chooses the first suggested subdomain that is free and that no other
/// registration of this process has chosen.
async fn free_subdomain<'s>(
    services: &'s Services,
    name: &TenantName,
    rounds: &Rounds<'_>,
) -> Result<(Subdomain, Option<NameHold<'s>>)> {
    if rounds.number() <= SUGGESTED_ROUNDS {
        for taken in 0..SUGGESTIONS {
            let Some(label) = suggest_subdomain(services, name, taken) else {
                break;
            };
            let held = (Kind::Tenant, Uuid::nil(), label.as_str().to_owned());
            let Some(held) = services.contention.hold_name(held) else {
                continue;
            };
            let holder = services.store.tenants().find_by_subdomain(label.as_str());
            if holder.await?.is_none() {
                return Ok((label, Some(held)));
            }
        }
    }
    Ok((generate_subdomain(services)?, None))
}

/// Returns the name of the only tenant of a single-tenant service.
pub(super) fn single_tenant_name() -> Result<TenantName> {
    TenantName::parse(SINGLE_TENANT).map_err(invalid_single_tenant)
}

fn invalid_single_tenant(_: Invalid) -> Error {
    Error::internal("the name of the single tenant is invalid")
}

fn record_single_tenant(
    services: &Services,
    work: &mut PlatformWork,
    identity: &Identity,
    now: Timestamp,
) -> Result<TenantId> {
    let name = single_tenant_name()?;
    let label = Subdomain::parse(SINGLE_TENANT).map_err(invalid_single_tenant)?;
    let new = NewTenant::new(services, name, label, identity.id, now)?;
    new.record(services, work, now);
    Ok(new.tenant.id)
}

async fn member_role(services: &Services, tenant: TenantId) -> Result<Vec<RoleId>> {
    let roles = services.store.roles().find_by_tenant(tenant).await?;
    let members = roles
        .iter()
        .filter(|role| role.preset == Some(Preset::Member));
    Ok(members.map(|role| role.id).collect())
}
