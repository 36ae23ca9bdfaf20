//! Tenants.

use mongodb::bson;
use serde::{Deserialize, Serialize};
use tenantry_application::ports::PortError;
use tenantry_domain::{
    Revision, Timestamp,
    id::TenantId,
    name::{Subdomain, TenantName},
    tenant::{Isolation, Tenant, TenantStatus},
};

use super::{Reading, Stored, big, uuid};
use crate::plan::{Claim, Key, Table, bson_id};

/// A tenant. The two keys are null while it is being deleted, which frees its names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TenantRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    name: String,
    name_key: Option<String>,
    subdomain: String,
    subdomain_key: Option<String>,
    status: String,
    isolation: String,
    created_at: i64,
    updated_at: i64,
    pub(crate) members_version: i64,
    pub(crate) roles_version: i64,
    revision: i64,
}

impl Stored for Tenant {
    type Row = TenantRow;

    const TABLE: Table = Table::Tenants;

    fn key(id: Self::Id) -> Key {
        Key::Id(id.as_uuid())
    }

    fn to_row(&self) -> TenantRow {
        let holds_its_names = self.status != TenantStatus::Deleting;
        TenantRow {
            id: bson_id(self.id.as_uuid()),
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

    fn from_row(row: TenantRow) -> Result<Self, PortError> {
        let read = Reading::of(Table::Tenants, row.id);
        let isolation = (row.isolation == Isolation::Rows.as_str()).then_some(Isolation::Rows);
        Ok(Self {
            id: TenantId::from_uuid(uuid(row.id)),
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

    fn at(&self, revision: Revision) -> Self {
        Self {
            revision,
            ..self.clone()
        }
    }

    /// One on its way out has let its names go.
    fn claims(&self) -> Vec<Claim> {
        if self.status == TenantStatus::Deleting {
            return Vec::new();
        }
        vec![
            Claim::tenant_name(self.name.key()),
            Claim::tenant_subdomain(self.subdomain.as_str()),
        ]
    }
}
