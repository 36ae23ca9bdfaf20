//! People.

use mongodb::bson;
use serde::{Deserialize, Serialize};
use tenantry_application::ports::PortError;
use tenantry_domain::{
    Revision, Timestamp,
    email::Email,
    id::{TenantId, UserId},
    identity::{Identity, IdentityStatus, PasswordHash},
    name::{DisplayName, Username},
};

use super::{Reading, Stored, big, optional, uuid};
use crate::plan::{Claim, Key, Table, bson_id};

/// A person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct IdentityRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    email: String,
    email_key: String,
    email_verified: bool,
    username: Option<String>,
    username_key: Option<String>,
    display_name: Option<String>,
    password_hash: Option<String>,
    status: String,
    platform_admin: bool,
    last_tenant_id: Option<bson::Uuid>,
    created_at: i64,
    last_login_at: Option<i64>,
    revision: i64,
}

impl Stored for Identity {
    type Row = IdentityRow;

    const TABLE: Table = Table::Identities;

    fn key(id: Self::Id) -> Key {
        Key::Id(id.as_uuid())
    }

    fn to_row(&self) -> IdentityRow {
        IdentityRow {
            id: bson_id(self.id.as_uuid()),
            email: self.email.as_str().to_owned(),
            email_key: self.email.key().to_owned(),
            email_verified: self.email_verified,
            username: self.username.as_ref().map(|name| name.as_str().to_owned()),
            username_key: self.username.as_ref().map(|name| name.key().to_owned()),
            display_name: self.display_name.as_ref().map(ToString::to_string),
            password_hash: self
                .password_hash
                .as_ref()
                .map(|hash| hash.expose().to_owned()),
            status: self.status.as_str().to_owned(),
            platform_admin: self.platform_admin,
            last_tenant_id: optional(self.last_tenant_id.map(TenantId::as_uuid)),
            created_at: self.created_at.as_millis(),
            last_login_at: self.last_login_at.map(Timestamp::as_millis),
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: IdentityRow) -> Result<Self, PortError> {
        let read = Reading::of(Table::Identities, row.id);
        let username = row.username.map(|text| Username::parse(&text)).transpose();
        let display_name = row
            .display_name
            .map(|text| DisplayName::parse(&text))
            .transpose();
        Ok(Self {
            id: UserId::from_uuid(uuid(row.id)),
            email: read.parsed("email", Email::parse(&row.email))?,
            email_verified: row.email_verified,
            username: read.parsed("username", username)?,
            display_name: read.parsed("display_name", display_name)?,
            password_hash: row.password_hash.map(PasswordHash::new),
            status: read.known("status", IdentityStatus::parse(&row.status))?,
            platform_admin: row.platform_admin,
            last_tenant_id: row.last_tenant_id.map(|id| TenantId::from_uuid(uuid(id))),
            created_at: Timestamp::from_millis(row.created_at),
            last_login_at: row.last_login_at.map(Timestamp::from_millis),
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
        let email = Claim::identity_email(self.email.key());
        let username = self.username.as_ref();
        let username = username.map(|name| Claim::identity_username(name.key()));
        std::iter::once(email).chain(username).collect()
    }
}
