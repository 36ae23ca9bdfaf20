//! Epochs.

use mongodb::bson;
use serde::{Deserialize, Serialize};
use tenantry_application::ports::{EpochChange, EpochSubject, PortError};
use tenantry_domain::{
    Timestamp,
    id::{TenantId, UserId},
};

use super::{Reading, big, uuid};
use crate::plan::{Table, bson_id};

/// An epoch of a person or a tenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EpochRow {
    #[serde(rename = "_id")]
    subject_id: bson::Uuid,
    kind: String,
    epoch: i64,
    changed_at: i64,
}

impl EpochRow {
    pub(crate) fn new(change: EpochChange) -> Self {
        let kind = match change.subject {
            EpochSubject::User(_) => "user",
            EpochSubject::Tenant(_) => "tenant",
        };
        Self {
            subject_id: bson_id(change.subject.as_uuid()),
            kind: kind.to_owned(),
            epoch: big(change.epoch),
            changed_at: change.changed_at.as_millis(),
        }
    }

    pub(crate) fn change(&self) -> Result<EpochChange, PortError> {
        let id = uuid(self.subject_id);
        let read = Reading::of(Table::Epochs, id);
        let subject = match self.kind.as_str() {
            "user" => EpochSubject::User(UserId::from_uuid(id)),
            "tenant" => EpochSubject::Tenant(TenantId::from_uuid(id)),
            _ => return Err(read.corrupt("kind", "not a known value")),
        };
        Ok(EpochChange {
            subject,
            epoch: read.count("epoch", self.epoch)?,
            changed_at: Timestamp::from_millis(self.changed_at),
        })
    }
}
