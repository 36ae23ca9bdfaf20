//! The permissions that a session grants.

use async_trait::async_trait;
use tenantry_application::ports::{AccessGrant, AccessRepository, EpochSubject, PortError};
use tenantry_domain::{
    Timestamp,
    id::SessionId,
    identity::{Identity, IdentityStatus},
    membership::{Membership, MembershipStatus},
    permission::PermissionSet,
    role::{Role, effective},
    session::Session,
    tenant::{ActiveTenant, Tenant},
};
use tenantry_store::State;

use crate::backend::MemoryBackend;

/// Reads the grants of sessions.
#[derive(Debug)]
pub(crate) struct MemoryAccessRepository {
    pub(crate) backend: MemoryBackend,
}

#[async_trait]
impl AccessRepository for MemoryAccessRepository {
    async fn lookup(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<AccessGrant>, PortError> {
        let state = self.backend.read();
        let session = state.get::<Session>(session);
        Ok(session
            .filter(|session| session.is_live(now))
            .and_then(|session| grant(&state, session)))
    }
}

fn grant(state: &State, session: &Session) -> Option<AccessGrant> {
    let identity = state.get::<Identity>(session.user_id)?;
    if identity.status != IdentityStatus::Active {
        return None;
    }
    let active = active_membership(state, session);
    Some(AccessGrant {
        session_id: session.id,
        user_id: session.user_id,
        tenant: active.map(|(tenant, _)| tenant),
        permissions: active.map_or(PermissionSet::EMPTY, |(_, membership)| {
            let roles = state.all::<Role>();
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

/// Returns the active tenant of a session and the active membership in it.
fn active_membership<'s>(
    state: &'s State,
    session: &Session,
) -> Option<(ActiveTenant, &'s Membership)> {
    let tenant = state.get::<Tenant>(session.tenant_id?)?;
    let membership = state.get::<Membership>((tenant.id, session.user_id))?;
    let active = ActiveTenant::of(tenant.id, tenant.status)?;
    (membership.status == MembershipStatus::Active).then_some((active, membership))
}
