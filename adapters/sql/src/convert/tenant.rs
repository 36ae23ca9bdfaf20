//! Tenants.

use sea_orm::{ColumnTrait, Condition};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::{Change, Write},
};
use tenantry_domain::{
    Revision, Timestamp,
    id::TenantId,
    name::{Subdomain, TenantName},
    tenant::{Isolation, Tenant, TenantStatus},
};

use super::{Reading, Stored, big, everywhere};
use crate::entity::tenant::{Column, Entity, Model};

impl Stored for Tenant {
    type Table = Entity;

    const REVISION: Column = Column::Revision;
    // The guards rise by steps of their own, so that an update of the row
    // cannot turn them back.
    const FIXED: &'static [Column] = &[Column::Id, Column::MembersVersion, Column::RolesVersion];

    fn keyed(id: TenantId) -> Condition {
        Condition::all().add(Column::Id.eq(id.as_uuid()))
    }

    fn within(_tenant: Option<TenantId>) -> Condition {
        everywhere()
    }

    fn to_row(&self) -> Model {
        let holds_its_names = self.status != TenantStatus::Deleting;
        Model {
            id: self.id.as_uuid(),
            name: self.name.as_str().to_owned(),
            name_key: holds_its_names.then(|| self.name.key().to_owned()),
            subdomain: self.subdomain.as_str().to_owned(),
            subdomain_key: holds_its_names.then(|| self.subdomain.as_str().to_owned()),
            status: self.status.as_str().to_owned(),
            isolation: self.isolation.as_str().to_owned(),
            created_at: self.created_at.as_millis(),
            updated_at: self.updated_at.as_millis(),
            members_version: big(self.members_version),
            roles_version: big(self.roles_version),
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of("tenants", row.id);
        let isolation = (row.isolation == Isolation::Rows.as_str()).then_some(Isolation::Rows);
        Ok(Self {
            id: TenantId::from_uuid(row.id),
            name: read.parsed("name", TenantName::parse(&row.name))?,
            subdomain: read.parsed("subdomain", Subdomain::parse(&row.subdomain))?,
            status: read.known("status", TenantStatus::parse(&row.status))?,
            isolation: read.known("isolation", isolation)?,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            members_version: read.count("members_version", row.members_version)?,
            roles_version: read.count("roles_version", row.roles_version)?,
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }

    fn written_by(change: &Change) -> Option<&Write<Self>> {
        match change {
            Change::Tenant(write) => Some(write),
            _ => None,
        }
    }

    fn unique_keys(&self) -> Vec<(UniqueKey, Condition)> {
        if self.status == TenantStatus::Deleting {
            return Vec::new();
        }
        let name = Column::NameKey.eq(self.name.key());
        let subdomain = Column::SubdomainKey.eq(self.subdomain.as_str());
        vec![
            (UniqueKey::TenantName, Condition::all().add(name)),
            (UniqueKey::TenantSubdomain, Condition::all().add(subdomain)),
        ]
    }
}
