//! Roles.

use sea_orm::{ColumnTrait, Condition};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::{Change, Write},
};
use tenantry_domain::{
    Revision, Timestamp,
    id::{RoleId, TenantId},
    name::RoleName,
    permission::PermissionSet,
    role::{Preset, Role},
};

use super::{Reading, Stored, big, of_tenant, reading::ids_to_json};
use crate::entity::role::{Column, Entity, Model};

impl Stored for Role {
    type Table = Entity;

    const REVISION: Column = Column::Revision;
    const FIXED: &'static [Column] = &[Column::Id, Column::TenantId];

    fn keyed(id: RoleId) -> Condition {
        Condition::all().add(Column::Id.eq(id.as_uuid()))
    }

    fn within(tenant: Option<TenantId>) -> Condition {
        of_tenant(Column::TenantId, tenant)
    }

    fn to_row(&self) -> Model {
        Model {
            id: self.id.as_uuid(),
            tenant_id: self.tenant_id.as_uuid(),
            name: self.name.as_str().to_owned(),
            name_key: self.name.key().to_owned(),
            description: self.description.clone(),
            preset: self.preset.map(|preset| preset.as_str().to_owned()),
            parent_ids: ids_to_json(self.parent_ids.iter().map(|id| id.as_uuid())),
            permissions: self.permissions.bits().cast_signed(),
            created_at: self.created_at.as_millis(),
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of("roles", row.id);
        let preset = row
            .preset
            .map(|text| read.known("preset", Preset::parse(&text)));
        Ok(Self {
            id: RoleId::from_uuid(row.id),
            tenant_id: TenantId::from_uuid(row.tenant_id),
            name: read.parsed("name", RoleName::parse(&row.name))?,
            description: row.description,
            preset: preset.transpose()?,
            parent_ids: read.ids("parent_ids", &row.parent_ids, RoleId::from_uuid)?,
            permissions: PermissionSet::from_bits(row.permissions.cast_unsigned()),
            created_at: Timestamp::from_millis(row.created_at),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }

    fn written_by(change: &Change) -> Option<&Write<Self>> {
        match change {
            Change::Role(write) => Some(write),
            _ => None,
        }
    }

    fn unique_keys(&self) -> Vec<(UniqueKey, Condition)> {
        let name = Self::within(Some(self.tenant_id)).add(Column::NameKey.eq(self.name.key()));
        vec![(UniqueKey::RoleName, name)]
    }
}
