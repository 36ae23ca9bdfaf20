//! The table `epochs`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{
    ports::{EpochChange, EpochSubject, PortError},
    work::Kind,
};
use tenantry_domain::{
    Timestamp,
    id::{TenantId, UserId},
};

use super::{Reading, id, integer};
use crate::{Key, Scope, Stored};

/// The epoch of a user or a tenant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "epochs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(rename = "_id", with = "id")]
    pub subject_id: Uuid,
    pub kind: String,
    pub epoch: i64,
    pub changed_at: i64,
    /// `None` if an earlier version of this program raised it.
    #[serde(default)]
    pub ordinal: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::Epoch;

impl Stored for EpochChange {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Platform;

    const LOOKUPS: &'static [&'static [Column]] = &[&[Column::Ordinal]];

    fn key(&self) -> Key {
        self.subject.as_uuid().into()
    }

    fn to_row(&self) -> Model {
        let kind = match self.subject {
            EpochSubject::User(_) => "user",
            EpochSubject::Tenant(_) => "tenant",
        };
        Model {
            subject_id: self.subject.as_uuid(),
            kind: kind.to_owned(),
            epoch: integer(self.epoch),
            changed_at: self.changed_at.as_millis(),
            ordinal: self.ordinal.map(integer),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.subject_id);
        let subject = match row.kind.as_str() {
            "user" => Some(EpochSubject::User(UserId::from_uuid(row.subject_id))),
            "tenant" => Some(EpochSubject::Tenant(TenantId::from_uuid(row.subject_id))),
            _ => None,
        };
        Ok(Self {
            subject: read.known("kind", subject)?,
            epoch: read.count("epoch", row.epoch)?,
            changed_at: Timestamp::from_millis(row.changed_at),
            ordinal: row
                .ordinal
                .map(|ordinal| read.count("ordinal", ordinal))
                .transpose()?,
        })
    }
}
