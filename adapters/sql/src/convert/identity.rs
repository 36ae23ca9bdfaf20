//! People.

use sea_orm::{ColumnTrait, Condition};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::{Change, Write},
};
use tenantry_domain::{
    Revision, Timestamp,
    email::Email,
    id::{TenantId, UserId},
    identity::{Identity, IdentityStatus, PasswordHash},
    name::{DisplayName, Username},
};

use super::{Reading, Stored, big, everywhere};
use crate::entity::identity::{Column, Entity, Model};

impl Stored for Identity {
    type Table = Entity;

    const REVISION: Column = Column::Revision;
    const FIXED: &'static [Column] = &[Column::Id];

    fn keyed(id: UserId) -> Condition {
        Condition::all().add(Column::Id.eq(id.as_uuid()))
    }

    fn within(_tenant: Option<TenantId>) -> Condition {
        everywhere()
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
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of("identities", row.id);
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

    fn written_by(change: &Change) -> Option<&Write<Self>> {
        match change {
            Change::Identity(write) => Some(write),
            _ => None,
        }
    }

    fn unique_keys(&self) -> Vec<(UniqueKey, Condition)> {
        let email = Column::EmailKey.eq(self.email.key());
        let mut keys = vec![(UniqueKey::IdentityEmail, Condition::all().add(email))];
        if let Some(username) = &self.username {
            let username = Column::UsernameKey.eq(username.key());
            keys.push((UniqueKey::IdentityUsername, Condition::all().add(username)));
        }
        keys
    }
}
