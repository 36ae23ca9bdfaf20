//! The table `quotas`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{ports::PortError, work::Kind};
use tenantry_domain::{id::TenantId, quota::Quota};

use super::{Reading, id, integer};
use crate::{Key, Scope, Stored};

/// The storage quota of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "quotas")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(rename = "_id", with = "id")]
    pub tenant_id: Uuid,
    pub limit_bytes: i64,
    pub used_bytes: i64,
    pub reserved_bytes: i64,
    /// The number of versions.
    pub version_count: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::Quota;

impl Stored for Quota {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Tenant(Column::TenantId);

    fn key(&self) -> Key {
        self.tenant_id.into()
    }

    fn to_row(&self) -> Model {
        Model {
            tenant_id: self.tenant_id.as_uuid(),
            limit_bytes: integer(self.limit_bytes),
            used_bytes: integer(self.used_bytes),
            reserved_bytes: integer(self.reserved_bytes),
            version_count: Some(integer(self.versions)),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.tenant_id);
        Ok(Self {
            tenant_id: TenantId::from_uuid(row.tenant_id),
            limit_bytes: read.count("limit_bytes", row.limit_bytes)?,
            used_bytes: read.count("used_bytes", row.used_bytes)?,
            reserved_bytes: read.count("reserved_bytes", row.reserved_bytes)?,
            versions: read.count("version_count", row.version_count.unwrap_or_default())?,
        })
    }
}
