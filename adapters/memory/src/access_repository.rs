//! What a session opens.

use async_trait::async_trait;
use tenantry_application::ports::{AccessGrant, AccessRepository, EpochSubject, PortError};
use tenantry_domain::{
    Timestamp,
    id::SessionId,
    identity::IdentityStatus,
    membership::{Membership, MembershipStatus},
    permission::PermissionSet,
    role::effective,
    session::Session,
    tenant::ActiveTenant,
};

use crate::{shared::Shared, state::State};

/// Reads what sessions open.
#[derive(Debug)]
pub(crate) struct MemoryAccessRepository {
    shared: Shared,
}

impl MemoryAccessRepository {
    pub(crate) const fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl AccessRepository for MemoryAccessRepository {
    async fn lookup(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<AccessGrant>, PortError> {
        let state = self.shared.read();
        let session = state.sessions.get(&session);
        Ok(session
            .filter(|session| session.is_live(now))
            .and_then(|session| grant(&state, session)))
    }
}

fn grant(state: &State, session: &Session) -> Option<AccessGrant> {
    let identity = state.identities.get(&session.user_id)?;
    if identity.status != IdentityStatus::Active {
        return None;
    }
    let place = place(state, session);
    Some(AccessGrant {
        session_id: session.id,
        user_id: session.user_id,
        tenant: place.map(|(tenant, _)| tenant),
        permissions: place.map_or(PermissionSet::EMPTY, |(_, membership)| {
            let roles = state.roles.values();
            let roles = roles.filter(|role| role.tenant_id == membership.tenant_id);
            effective(&membership.role_ids, roles)
        }),
        platform_admin: identity.platform_admin,
        user_epoch: state.epoch(EpochSubject::User(session.user_id)),
        tenant_epoch: session
            .tenant_id
            .map_or(0, |id| state.epoch(EpochSubject::Tenant(id))),
        expires_at: session.expires_at,
    })
}

/// The active tenant that the session acts in, by an active membership.
fn place<'s>(state: &'s State, session: &Session) -> Option<(ActiveTenant, &'s Membership)> {
    let tenant = state.tenants.get(&session.tenant_id?)?;
    let membership = state.memberships.get(&(tenant.id, session.user_id))?;
    let active = ActiveTenant::of(tenant.id, tenant.status)?;
    (membership.status == MembershipStatus::Active).then_some((active, membership))
}
