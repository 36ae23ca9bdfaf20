//! Memberships.

use sea_orm::{ColumnTrait, Condition};
use tenantry_application::{
    ports::PortError,
    work::{Change, Write},
};
use tenantry_domain::{
    Revision, Timestamp,
    id::{RoleId, TenantId, UserId},
    membership::{Membership, MembershipStatus},
};

use super::{Reading, Stored, big, of_tenant, reading::ids_to_json};
use crate::entity::membership::{Column, Entity, Model};

impl Stored for Membership {
    type Table = Entity;

    const REVISION: Column = Column::Revision;
    const FIXED: &'static [Column] = &[Column::TenantId, Column::UserId];

    fn keyed((tenant, user): (TenantId, UserId)) -> Condition {
        Condition::all()
            .add(Column::TenantId.eq(tenant.as_uuid()))
            .add(Column::UserId.eq(user.as_uuid()))
    }

    fn within(tenant: Option<TenantId>) -> Condition {
        of_tenant(Column::TenantId, tenant)
    }

    fn to_row(&self) -> Model {
        Model {
            tenant_id: self.tenant_id.as_uuid(),
            user_id: self.user_id.as_uuid(),
            role_ids: ids_to_json(self.role_ids.iter().map(|id| id.as_uuid())),
            status: self.status.as_str().to_owned(),
            created_at: self.created_at.as_millis(),
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of("memberships", row.user_id);
        Ok(Self {
            tenant_id: TenantId::from_uuid(row.tenant_id),
            user_id: UserId::from_uuid(row.user_id),
            role_ids: read.ids("role_ids", &row.role_ids, RoleId::from_uuid)?,
            status: read.known("status", MembershipStatus::parse(&row.status))?,
            created_at: Timestamp::from_millis(row.created_at),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }

    fn written_by(change: &Change) -> Option<&Write<Self>> {
        match change {
            Change::Membership(write) => Some(write),
            _ => None,
        }
    }
}
