//! Roles.

use mongodb::bson;
use serde::{Deserialize, Serialize};
use tenantry_application::ports::PortError;
use tenantry_domain::{
    Revision, Timestamp,
    id::{RoleId, TenantId},
    name::RoleName,
    permission::PermissionSet,
    role::{Preset, Role},
};

use super::{Reading, Stored, big, from_ids, ids, uuid};
use crate::plan::{Claim, Key, Table, bson_id};

/// A role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RoleRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    tenant_id: bson::Uuid,
    name: String,
    name_key: String,
    description: String,
    preset: Option<String>,
    parent_ids: Vec<bson::Uuid>,
    permissions: i64,
    created_at: i64,
    revision: i64,
}

impl Stored for Role {
    type Row = RoleRow;

    const TABLE: Table = Table::Roles;

    fn key(id: Self::Id) -> Key {
        Key::Id(id.as_uuid())
    }

    fn to_row(&self) -> RoleRow {
        RoleRow {
            id: bson_id(self.id.as_uuid()),
            tenant_id: bson_id(self.tenant_id.as_uuid()),
            name: self.name.as_str().to_owned(),
            name_key: self.name.key().to_owned(),
            description: self.description.clone(),
            preset: self.preset.map(|preset| preset.as_str().to_owned()),
            parent_ids: ids(self.parent_ids.iter().map(|id| id.as_uuid())),
            permissions: self.permissions.bits().cast_signed(),
            created_at: self.created_at.as_millis(),
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: RoleRow) -> Result<Self, PortError> {
        let read = Reading::of(Table::Roles, row.id);
        let preset = row
            .preset
            .map(|text| read.known("preset", Preset::parse(&text)));
        Ok(Self {
            id: RoleId::from_uuid(uuid(row.id)),
            tenant_id: TenantId::from_uuid(uuid(row.tenant_id)),
            name: read.parsed("name", RoleName::parse(&row.name))?,
            description: row.description,
            preset: preset.transpose()?,
            parent_ids: from_ids(row.parent_ids, RoleId::from_uuid),
            permissions: PermissionSet::from_bits(row.permissions.cast_unsigned()),
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

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::role_name(self.tenant_id, self.name.key())]
    }
}
