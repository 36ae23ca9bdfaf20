//! Audit entries and the ends of their chains.

use std::collections::BTreeMap;

use tenantry_application::ports::{PortError, SealedEntry};
use tenantry_domain::{
    Timestamp,
    audit::{Actor, AuditEntry, ChainHead, Seal},
    id::{AuditId, TenantId, UserId},
};
use uuid::Uuid;

use super::Reading;
use crate::entity::{audit_chain, audit_entry::Model};

/// The id of a tenant's chain, or of the platform's: no tenant has a nil id.
pub(crate) fn chain_id(tenant: Option<TenantId>) -> Uuid {
    tenant.map_or(Uuid::nil(), TenantId::as_uuid)
}

/// The row of an entry that is not sealed yet.
pub(crate) fn entry_to_row(entry: &AuditEntry) -> Model {
    let detail = entry
        .detail
        .iter()
        .map(|(key, value)| (key.clone(), serde_json::Value::from(value.as_str())));
    Model {
        id: entry.id.as_uuid(),
        chain_id: chain_id(entry.tenant_id),
        actor_id: entry.actor.person().map(UserId::as_uuid),
        action: entry.action.clone(),
        subject_kind: entry.subject_kind.clone(),
        subject_id: entry.subject_id.clone(),
        at: entry.at.as_millis(),
        request_id: entry.request_id.clone(),
        detail: serde_json::Value::Object(detail.collect()).to_string(),
        sequence: None,
        hash: None,
    }
}

/// The entry of a row, sealed or not.
pub(crate) fn entry_from_row(row: Model) -> Result<AuditEntry, PortError> {
    let read = Reading::of("audit_entries", row.id);
    let detail: BTreeMap<String, String> =
        serde_json::from_str(&row.detail).map_err(|error| read.corrupt("detail", error))?;
    Ok(AuditEntry {
        id: AuditId::from_uuid(row.id),
        tenant_id: (!row.chain_id.is_nil()).then(|| TenantId::from_uuid(row.chain_id)),
        actor: row
            .actor_id
            .map_or(Actor::System, |id| Actor::Person(UserId::from_uuid(id))),
        action: row.action,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        at: Timestamp::from_millis(row.at),
        request_id: row.request_id,
        detail,
    })
}

/// The entry of a sealed row and its place.
pub(crate) fn sealed_from_row(row: Model) -> Result<SealedEntry, PortError> {
    let read = Reading::of("audit_entries", row.id);
    let sequence = read.known("sequence", row.sequence)?;
    let hash = read.known("hash", row.hash.as_deref())?;
    let seal = Seal {
        sequence: read.count("sequence", sequence)?,
        hash: read.bytes("hash", hash)?,
    };
    let entry = entry_from_row(row)?;
    Ok(SealedEntry { entry, seal })
}

/// The end of a chain.
pub(crate) fn head_from_row(row: &audit_chain::Model) -> Result<ChainHead, PortError> {
    let read = Reading::of("audit_chains", row.chain_id);
    Ok(ChainHead {
        sequence: read.count("sequence", row.sequence)?,
        hash: read.bytes("hash", &row.hash)?,
    })
}
