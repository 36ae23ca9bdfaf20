//! Epochs.

use tenantry_application::ports::{EpochChange, EpochSubject, PortError};
use tenantry_domain::{
    Timestamp,
    id::{TenantId, UserId},
};

use super::Reading;
use crate::entity::epoch::Model;

/// The stable name of the kind of subject.
pub(crate) fn subject_kind(subject: EpochSubject) -> &'static str {
    match subject {
        EpochSubject::User(_) => "user",
        EpochSubject::Tenant(_) => "tenant",
    }
}

/// The epoch of a row.
pub(crate) fn change_from_row(row: &Model) -> Result<EpochChange, PortError> {
    let read = Reading::of("epochs", row.subject_id);
    let subject = match row.kind.as_str() {
        "user" => EpochSubject::User(UserId::from_uuid(row.subject_id)),
        "tenant" => EpochSubject::Tenant(TenantId::from_uuid(row.subject_id)),
        _ => return Err(read.corrupt("kind", "not a known value")),
    };
    Ok(EpochChange {
        subject,
        epoch: read.count("epoch", row.epoch)?,
        changed_at: Timestamp::from_millis(row.changed_at),
    })
}
