//! The table `projects`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::Kind,
};
use tenantry_domain::{
    Revision, Timestamp,
    description::Description,
    id::{ProjectId, TenantId, UserId},
    name::ProjectName,
    project::Project,
};

use super::{Reading, id, integer};
use crate::{Key, Scope, Stored, Unique};

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "projects")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(rename = "_id", with = "id")]
    pub id: Uuid,
    #[serde(with = "id")]
    pub tenant_id: Uuid,
    pub name: String,
    pub name_key: String,
    pub description: Option<String>,
    #[serde(with = "id")]
    pub created_by: Uuid,
    pub created_at: i64,
    pub updated_at: i64,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::Project;

impl Stored for Project {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Tenant(Column::TenantId);
    const UNIQUE: &'static [Unique<Column>] = &[Unique {
        key: UniqueKey::ProjectName,
        name: "projects_name",
        columns: &[Column::TenantId, Column::NameKey],
    }];
    const ORDERS: &'static [&'static [Column]] = &[
        &[Column::TenantId, Column::NameKey],
        &[Column::TenantId, Column::CreatedAt],
        &[Column::TenantId, Column::UpdatedAt],
    ];

    fn key(&self) -> Key {
        self.id.into()
    }

    fn to_row(&self) -> Model {
        let description = self.description.as_ref();
        Model {
            id: self.id.as_uuid(),
            tenant_id: self.tenant_id.as_uuid(),
            name: self.name.as_str().to_owned(),
            name_key: self.name.key().to_owned(),
            description: description.map(|text| text.as_str().to_owned()),
            created_by: self.created_by.as_uuid(),
            created_at: self.created_at.as_millis(),
            updated_at: self.updated_at.as_millis(),
            revision: integer(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.id);
        let description = row.description.as_deref().map(Description::parse);
        Ok(Self {
            id: ProjectId::from_uuid(row.id),
            tenant_id: TenantId::from_uuid(row.tenant_id),
            name: read.parsed("name", ProjectName::parse(&row.name))?,
            description: read.parsed("description", description.transpose())?,
            created_by: UserId::from_uuid(row.created_by),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }
}
