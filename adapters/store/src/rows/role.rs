//! The table `roles`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::Kind,
};
use tenantry_domain::{
    Revision, Timestamp,
    id::{RoleId, TenantId},
    name::RoleName,
    permission::PermissionSet,
    role::{Preset, Role},
};

use super::{Ids, Reading, id, integer};
use crate::{Key, Scope, Stored, Unique};

/// A role; `parent_ids` lists its parents.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "roles")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(rename = "_id", with = "id")]
    pub id: Uuid,
    #[serde(with = "id")]
    pub tenant_id: Uuid,
    pub name: String,
    pub name_key: String,
    pub description: String,
    pub preset: Option<String>,
    pub parent_ids: Ids,
    pub permissions: i64,
    pub created_at: i64,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::Role;

impl Stored for Role {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Managed(Column::TenantId);
    const UNIQUE: &'static [Unique<Column>] = &[Unique {
        key: UniqueKey::RoleName,
        name: "roles_name_key",
        columns: &[Column::TenantId, Column::NameKey],
    }];

    fn key(&self) -> Key {
        self.id.into()
    }

    fn to_row(&self) -> Model {
        Model {
            id: self.id.as_uuid(),
            tenant_id: self.tenant_id.as_uuid(),
            name: self.name.as_str().to_owned(),
            name_key: self.name.key().to_owned(),
            description: self.description.clone(),
            preset: self.preset.map(|preset| preset.as_str().to_owned()),
            parent_ids: Ids(self.parent_ids.iter().map(|id| id.as_uuid()).collect()),
            permissions: self.permissions.bits().cast_signed(),
            created_at: self.created_at.as_millis(),
            revision: integer(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.id);
        let preset = row
            .preset
            .map(|text| read.known("preset", Preset::parse(&text)));
        Ok(Self {
            id: RoleId::from_uuid(row.id),
            tenant_id: TenantId::from_uuid(row.tenant_id),
            name: read.parsed("name", RoleName::parse(&row.name))?,
            description: row.description,
            preset: preset.transpose()?,
            parent_ids: row
                .parent_ids
                .0
                .into_iter()
                .map(RoleId::from_uuid)
                .collect(),
            permissions: PermissionSet::from_bits(row.permissions.cast_unsigned()),
            created_at: Timestamp::from_millis(row.created_at),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }
}
