//! The table `tenants`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::Kind,
};
use tenantry_domain::{
    Revision, Timestamp,
    id::TenantId,
    media_type::ContentTypes,
    name::{Subdomain, TenantName},
    tenant::{Isolation, Tenant, TenantStatus},
};

use super::{Reading, id, integer};
use crate::{Key, Scope, Stored, Unique};

/// A tenant; the key columns are null while it is being deleted, which releases
/// its names.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "tenants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(rename = "_id", with = "id")]
    pub id: Uuid,
    pub name: String,
    pub name_key: Option<String>,
    pub subdomain: String,
    pub subdomain_key: Option<String>,
    pub status: String,
    pub isolation: String,
    pub content_types: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
    pub members_version: i64,
    pub roles_version: i64,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::Tenant;

impl Stored for Tenant {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Platform;
    const UNIQUE: &'static [Unique<Column>] = &[
        Unique {
            key: UniqueKey::TenantName,
            name: "tenants_name_key",
            columns: &[Column::NameKey],
        },
        Unique {
            key: UniqueKey::TenantSubdomain,
            name: "tenants_subdomain_key",
            columns: &[Column::SubdomainKey],
        },
    ];
    const COUNTERS: &'static [Column] = &[Column::MembersVersion, Column::RolesVersion];

    fn keep_counters(self, stored: &Self) -> Self {
        Self {
            members_version: stored.members_version,
            roles_version: stored.roles_version,
            ..self
        }
    }

    fn key(&self) -> Key {
        self.id.into()
    }

    fn to_row(&self) -> Model {
        let has_names = self.status != TenantStatus::Deleting;
        Model {
            id: self.id.as_uuid(),
            name: self.name.as_str().to_owned(),
            name_key: has_names.then(|| self.name.key().to_owned()),
            subdomain: self.subdomain.as_str().to_owned(),
            subdomain_key: has_names.then(|| self.subdomain.as_str().to_owned()),
            status: self.status.as_str().to_owned(),
            isolation: self.isolation.as_str().to_owned(),
            content_types: Some(self.content_types.as_str().to_owned()),
            created_at: self.created_at.as_millis(),
            updated_at: self.updated_at.as_millis(),
            members_version: integer(self.members_version),
            roles_version: integer(self.roles_version),
            revision: integer(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.id);
        let isolation = (row.isolation == Isolation::Rows.as_str()).then_some(Isolation::Rows);
        // Tenants of earlier releases have the default.
        let content_types = row.content_types.as_deref();
        let content_types =
            content_types.map_or(Some(ContentTypes::default()), ContentTypes::parse);
        Ok(Self {
            id: TenantId::from_uuid(row.id),
            name: read.parsed("name", TenantName::parse(&row.name))?,
            subdomain: read.parsed("subdomain", Subdomain::parse(&row.subdomain))?,
            status: read.known("status", TenantStatus::parse(&row.status))?,
            isolation: read.known("isolation", isolation)?,
            content_types: read.known("content_types", content_types)?,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            members_version: read.count("members_version", row.members_version)?,
            roles_version: read.count("roles_version", row.roles_version)?,
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }
}
