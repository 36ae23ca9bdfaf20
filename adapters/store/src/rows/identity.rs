//! The table `identities`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::Kind,
};
use tenantry_domain::{
    Revision, Timestamp,
    email::Email,
    id::{TenantId, UserId},
    identity::{Identity, IdentityStatus, PasswordHash},
    name::{DisplayName, Username},
};

use super::{Reading, id, integer};
use crate::{Key, Scope, Stored, Unique};

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "identities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(rename = "_id", with = "id")]
    pub id: Uuid,
    pub email: String,
    pub email_key: String,
    pub email_verified: bool,
    pub username: Option<String>,
    pub username_key: Option<String>,
    pub display_name: Option<String>,
    pub password_hash: Option<String>,
    pub status: String,
    pub platform_admin: bool,
    #[serde(with = "id::optional")]
    pub last_tenant_id: Option<Uuid>,
    pub created_at: i64,
    pub last_login_at: Option<i64>,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::Identity;

impl Stored for Identity {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Platform;
    const UNIQUE: &'static [Unique<Column>] = &[
        Unique {
            key: UniqueKey::IdentityEmail,
            name: "identities_email_key",
            columns: &[Column::EmailKey],
        },
        Unique {
            key: UniqueKey::IdentityUsername,
            name: "identities_username_key",
            columns: &[Column::UsernameKey],
        },
    ];

    fn key(&self) -> Key {
        self.id.into()
    }

    fn to_row(&self) -> Model {
        Model {
            id: self.id.as_uuid(),
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
            last_tenant_id: self.last_tenant_id.map(TenantId::as_uuid),
            created_at: self.created_at.as_millis(),
            last_login_at: self.last_login_at.map(Timestamp::as_millis),
            revision: integer(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.id);
        let username = row.username.map(|text| Username::parse(&text)).transpose();
        let display_name = row
            .display_name
            .map(|text| DisplayName::parse(&text))
            .transpose();
        Ok(Self {
            id: UserId::from_uuid(row.id),
            email: read.parsed("email", Email::parse(&row.email))?,
            email_verified: row.email_verified,
            username: read.parsed("username", username)?,
            display_name: read.parsed("display_name", display_name)?,
            password_hash: row.password_hash.map(PasswordHash::new),
            status: read.known("status", IdentityStatus::parse(&row.status))?,
            platform_admin: row.platform_admin,
            last_tenant_id: row.last_tenant_id.map(TenantId::from_uuid),
            created_at: Timestamp::from_millis(row.created_at),
            last_login_at: row.last_login_at.map(Timestamp::from_millis),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }
}
