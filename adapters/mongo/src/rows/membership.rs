//! Memberships.

use mongodb::bson;
use serde::{Deserialize, Serialize};
use tenantry_application::ports::PortError;
use tenantry_domain::{
    Revision, Timestamp,
    id::{RoleId, TenantId, UserId},
    membership::{Membership, MembershipStatus},
};

use super::{Reading, Stored, big, from_ids, ids, uuid};
use crate::plan::{Key, Table, bson_id};

/// The `_id` of a person's membership in a tenant.
fn membership_key(tenant: TenantId, user: UserId) -> Key {
    Key::Text(format!("{tenant}/{user}"))
}

/// A membership.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MembershipRow {
    #[serde(rename = "_id")]
    id: String,
    tenant_id: bson::Uuid,
    user_id: bson::Uuid,
    role_ids: Vec<bson::Uuid>,
    status: String,
    created_at: i64,
    revision: i64,
}

impl Stored for Membership {
    type Row = MembershipRow;

    const TABLE: Table = Table::Memberships;

    fn key((tenant, user): Self::Id) -> Key {
        membership_key(tenant, user)
    }

    fn to_row(&self) -> MembershipRow {
        let id = format!("{}/{}", self.tenant_id, self.user_id);
        MembershipRow {
            id,
            tenant_id: bson_id(self.tenant_id.as_uuid()),
            user_id: bson_id(self.user_id.as_uuid()),
            role_ids: ids(self.role_ids.iter().map(|id| id.as_uuid())),
            status: self.status.as_str().to_owned(),
            created_at: self.created_at.as_millis(),
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: MembershipRow) -> Result<Self, PortError> {
        let read = Reading::of(Table::Memberships, &row.id);
        Ok(Self {
            tenant_id: TenantId::from_uuid(uuid(row.tenant_id)),
            user_id: UserId::from_uuid(uuid(row.user_id)),
            role_ids: from_ids(row.role_ids, RoleId::from_uuid),
            status: read.known("status", MembershipStatus::parse(&row.status))?,
            created_at: Timestamp::from_millis(row.created_at),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }

    fn at(&self, revision: Revision) -> Self {
        Self {
            revision,
            ..self.clone()
        }
    }
}
