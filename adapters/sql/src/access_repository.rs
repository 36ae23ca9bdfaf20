//! The permissions that a session grants.

use async_trait::async_trait;
use sea_orm::{DbErr, QueryResult};
use tenantry_application::{
    ports::{AccessGrant, AccessRepository, PortError},
    work::Kind,
};
use tenantry_domain::{
    Timestamp,
    id::{RoleId, SessionId, TenantId, UserId},
    permission::PermissionSet,
    role::{self, Role},
    tenant::{ActiveTenant, TenantStatus},
};
use uuid::Uuid;

use tenantry_store::rows::{Ids, Reading};

use crate::{
    error::port_error,
    reader::{Reader, entity},
};

/// Reads everything in one snapshot: one row per role of the tenant, or a single
/// row without a role if there is no active membership.
const LOOKUP: &str = "\
    SELECT s.user_id AS session_user_id, s.expires_at, i.platform_admin, \
    t.id AS active_tenant_id, m.role_ids, \
    COALESCE(u.epoch, 0) AS user_epoch, COALESCE(e.epoch, 0) AS tenant_epoch, r.* \
    FROM sessions s \
    JOIN identities i ON i.id = s.user_id AND i.status = 'active' \
    LEFT JOIN memberships m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id \
    AND m.status = 'active' \
    LEFT JOIN tenants t ON t.id = m.tenant_id AND t.status = 'active' \
    LEFT JOIN roles r ON r.tenant_id = t.id \
    LEFT JOIN epochs u ON u.subject_id = s.user_id \
    LEFT JOIN epochs e ON e.subject_id = s.tenant_id \
    WHERE s.id = ? AND s.revoked_at IS NULL AND s.expires_at > ?";

/// Reads the grants of sessions, for every authenticated request.
#[derive(Debug, Clone)]
pub(crate) struct SqlAccessRepository {
    pub(crate) reader: Reader,
}

#[async_trait]
impl AccessRepository for SqlAccessRepository {
    async fn lookup(
        &self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<AccessGrant>, PortError> {
        let values = [session.as_uuid().into(), now.as_millis().into()];
        let context = "read the grant of a session";
        let rows = self.reader.rows_by(context, LOOKUP, values).await?;
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        let columns = Columns::read(first).map_err(|error| port_error(context, error))?;
        let roles = match columns.tenant_id {
            Some(_) => roles(&rows)?,
            None => Vec::new(),
        };
        columns.grant(session, &roles).map(Some)
    }
}

/// The columns that every row of the result has.
struct Columns {
    user_id: Uuid,
    expires_at: i64,
    platform_admin: bool,
    tenant_id: Option<Uuid>,
    role_ids: Option<Ids>,
    user_epoch: i64,
    tenant_epoch: i64,
}

impl Columns {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            user_id: row.try_get("", "session_user_id")?,
            expires_at: row.try_get("", "expires_at")?,
            platform_admin: row.try_get("", "platform_admin")?,
            tenant_id: row.try_get("", "active_tenant_id")?,
            role_ids: row.try_get("", "role_ids")?,
            user_epoch: row.try_get("", "user_epoch")?,
            tenant_epoch: row.try_get("", "tenant_epoch")?,
        })
    }

    fn grant(self, session_id: SessionId, roles: &[Role]) -> Result<AccessGrant, PortError> {
        let epochs = Reading::of(Kind::Epoch, self.user_id);
        let tenant = self.tenant_id.map(TenantId::from_uuid);
        let permissions = match (tenant, self.role_ids) {
            (Some(_), Some(ids)) => {
                let ids: Vec<_> = ids.0.into_iter().map(RoleId::from_uuid).collect();
                role::effective(&ids, roles)
            }
            _ => PermissionSet::EMPTY,
        };
        Ok(AccessGrant {
            session_id,
            user_id: UserId::from_uuid(self.user_id),
            // The statement finds active tenants only.
            tenant: tenant.and_then(|id| ActiveTenant::of(id, TenantStatus::Active)),
            permissions,
            platform_admin: self.platform_admin,
            user_epoch: epochs.count("epoch", self.user_epoch)?,
            tenant_epoch: epochs.count("epoch", self.tenant_epoch)?,
            expires_at: Timestamp::from_millis(self.expires_at),
        })
    }
}

fn roles(rows: &[QueryResult]) -> Result<Vec<Role>, PortError> {
    rows.iter()
        .filter(|row| matches!(row.try_get::<Option<Uuid>>("", "id"), Ok(Some(_))))
        .map(entity::<Role>)
        .collect()
}
