//! The permissions that a session grants.

use async_trait::async_trait;
use futures_util::future::try_join5;
use mongodb::bson::doc;
use tenantry_application::ports::{
    AccessGrant, AccessRepository, EpochChange, EpochSubject, PortError,
};
use tenantry_domain::{
    Timestamp,
    id::{SessionId, TenantId, UserId},
    identity::{Identity, IdentityStatus},
    membership::{Membership, MembershipStatus},
    permission::PermissionSet,
    role::{self, Role},
    session::Session,
    tenant::{ActiveTenant, Tenant},
};
use tenantry_store::{Query, RowReader};

use crate::{
    backend::MongoBackend,
    collection::{Collection, bson_id},
    find::Find,
};

/// Reads the grants of sessions, for every authenticated request.
#[derive(Debug, Clone)]
pub(crate) struct MongoAccessRepository {
    pub(crate) backend: MongoBackend,
}

#[async_trait]
impl AccessRepository for MongoAccessRepository {
    /// Reads epochs before the rows they cover; commits write them after. A grant
    /// may have an older epoch than its rows, which is detected, never a newer
    /// one.
    async fn lookup(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<AccessGrant>, PortError> {
        let Some(seen) = self.session(session, now).await? else {
            return Ok(None);
        };
        let (user_epoch, tenant_epoch) = self.epochs(seen.user_id, seen.tenant_id).await?;
        let (session, identity, tenant, membership, roles) = try_join5(
            self.session(session, now),
            self.backend.lookup::<Identity>(seen.user_id.into()),
            self.tenant(seen.tenant_id),
            self.membership(seen.tenant_id, seen.user_id),
            self.roles(seen.tenant_id),
        )
        .await?;
        let is_active = |identity: &Identity| identity.status == IdentityStatus::Active;
        let (Some(session), Some(identity)) = (session, identity.filter(is_active)) else {
            return Ok(None);
        };
        if session.tenant_id != seen.tenant_id {
            return Ok(None);
        }
        let place = tenant.zip(membership);
        let permissions = place
            .as_ref()
            .map_or(PermissionSet::EMPTY, |(_, membership)| {
                role::effective(&membership.role_ids, &roles)
            });
        Ok(Some(AccessGrant {
            session_id: session.id,
            user_id: session.user_id,
            tenant: place.map(|(tenant, _)| tenant),
            permissions,
            platform_admin: identity.platform_admin,
            user_epoch,
            tenant_epoch,
            expires_at: session.expires_at,
        }))
    }
}

impl MongoAccessRepository {
    async fn session(&self, id: SessionId, now: Timestamp) -> Result<Option<Session>, PortError> {
        let session = self.backend.lookup::<Session>(id.into()).await?;
        Ok(session.filter(|session| session.is_live(now)))
    }

    async fn epochs(
        &self,
        user: UserId,
        tenant: Option<TenantId>,
    ) -> Result<(u64, u64), PortError> {
        let tenant = tenant.map(EpochSubject::Tenant);
        let user = EpochSubject::User(user);
        let subjects = [Some(user), tenant].into_iter().flatten();
        let ids: Vec<_> = subjects.map(|subject| bson_id(subject.as_uuid())).collect();
        let find = Find::new(Collection::Epochs, doc! { "_id": { "$in": ids } });
        let (mut of_user, mut of_tenant) = (0, 0);
        for change in self.backend.database.entities::<EpochChange>(find).await? {
            if change.subject == user {
                of_user = change.epoch;
            } else {
                of_tenant = change.epoch;
            }
        }
        Ok((of_user, of_tenant))
    }

    async fn tenant(&self, id: Option<TenantId>) -> Result<Option<ActiveTenant>, PortError> {
        let Some(id) = id else {
            return Ok(None);
        };
        let tenant = self.backend.lookup::<Tenant>(id.into()).await?;
        Ok(tenant.and_then(|tenant| ActiveTenant::of(tenant.id, tenant.status)))
    }

    async fn membership(
        &self,
        tenant: Option<TenantId>,
        user: UserId,
    ) -> Result<Option<Membership>, PortError> {
        let Some(tenant) = tenant else {
            return Ok(None);
        };
        let membership = self
            .backend
            .lookup::<Membership>((tenant, user).into())
            .await?;
        Ok(membership.filter(|membership| membership.status == MembershipStatus::Active))
    }

    async fn roles(&self, tenant: Option<TenantId>) -> Result<Vec<Role>, PortError> {
        let Some(tenant) = tenant else {
            return Ok(Vec::new());
        };
        self.backend.find(Query::of_tenant(tenant)).await
    }
}
