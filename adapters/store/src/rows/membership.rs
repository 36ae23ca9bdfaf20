//! The table `memberships`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{ports::PortError, work::Kind};
use tenantry_domain::{
    Revision, Timestamp,
    id::{RoleId, TenantId, UserId},
    membership::{Membership, MembershipStatus},
};

use super::{Ids, Reading, id, integer};
use crate::{Key, Scope, Stored};

/// A membership; `role_ids` lists its roles.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "memberships")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(with = "id")]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(with = "id")]
    pub user_id: Uuid,
    pub role_ids: Ids,
    pub status: String,
    pub created_at: i64,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::Membership;

impl Stored for Membership {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Managed(Column::TenantId);

    const LOOKUPS: &'static [&'static [Column]] =
        &[&[Column::UserId, Column::CreatedAt, Column::TenantId]];

    fn key(&self) -> Key {
        (self.tenant_id, self.user_id).into()
    }

    fn to_row(&self) -> Model {
        Model {
            tenant_id: self.tenant_id.as_uuid(),
            user_id: self.user_id.as_uuid(),
            role_ids: Ids(self.role_ids.iter().map(|id| id.as_uuid()).collect()),
            status: self.status.as_str().to_owned(),
            created_at: self.created_at.as_millis(),
            revision: integer(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.user_id);
        Ok(Self {
            tenant_id: TenantId::from_uuid(row.tenant_id),
            user_id: UserId::from_uuid(row.user_id),
            role_ids: row.role_ids.0.into_iter().map(RoleId::from_uuid).collect(),
            status: read.known("status", MembershipStatus::parse(&row.status))?,
            created_at: Timestamp::from_millis(row.created_at),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }
}
