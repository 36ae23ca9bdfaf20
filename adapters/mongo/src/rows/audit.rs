//! Audit entries and the ends of their chains.

use mongodb::bson::{self, Binary};
use serde::{Deserialize, Serialize};
use tenantry_application::ports::{PortError, SealedEntry};
use tenantry_domain::{
    Timestamp,
    audit::{Actor, AuditEntry, ChainHead, Seal},
    id::{AuditId, TenantId, UserId},
};
use uuid::Uuid;

use super::{Reading, big, binary, optional, uuid};
use crate::plan::{Table, bson_id};

/// The id of a tenant's chain, or of the platform's: no tenant has a nil id.
pub(crate) fn chain_id(tenant: Option<TenantId>) -> Uuid {
    tenant.map_or(Uuid::nil(), TenantId::as_uuid)
}

/// An audit entry; number and hash are null until it is sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AuditEntryRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    chain_id: bson::Uuid,
    actor_id: Option<bson::Uuid>,
    action: String,
    subject_kind: String,
    subject_id: String,
    at: i64,
    request_id: Option<String>,
    detail: Vec<Detail>,
    sequence: Option<i64>,
    hash: Option<Binary>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Detail {
    key: String,
    value: String,
}

impl AuditEntryRow {
    /// Of an entry that is not sealed yet.
    pub(crate) fn new(entry: &AuditEntry) -> Self {
        let detail = entry.detail.iter().map(|(key, value)| Detail {
            key: key.clone(),
            value: value.clone(),
        });
        Self {
            id: bson_id(entry.id.as_uuid()),
            chain_id: bson_id(chain_id(entry.tenant_id)),
            actor_id: optional(entry.actor.person().map(UserId::as_uuid)),
            action: entry.action.clone(),
            subject_kind: entry.subject_kind.clone(),
            subject_id: entry.subject_id.clone(),
            at: entry.at.as_millis(),
            request_id: entry.request_id.clone(),
            detail: detail.collect(),
            sequence: None,
            hash: None,
        }
    }

    /// Whether it waits to be sealed, in a chain.
    pub(crate) fn waits_in(&self, chain: Uuid) -> bool {
        uuid(self.chain_id) == chain && self.sequence.is_none()
    }

    /// Gives it its place.
    pub(crate) fn seal(&mut self, seal: &Seal) {
        self.sequence = Some(big(seal.sequence));
        self.hash = Some(binary(seal.hash));
    }

    /// The entry, sealed or not.
    pub(crate) fn entry(self) -> AuditEntry {
        let chain = uuid(self.chain_id);
        let person = |id| Actor::Person(UserId::from_uuid(uuid(id)));
        let detail = self.detail.into_iter();
        AuditEntry {
            id: AuditId::from_uuid(uuid(self.id)),
            tenant_id: (!chain.is_nil()).then(|| TenantId::from_uuid(chain)),
            actor: self.actor_id.map_or(Actor::System, person),
            action: self.action,
            subject_kind: self.subject_kind,
            subject_id: self.subject_id,
            at: Timestamp::from_millis(self.at),
            request_id: self.request_id,
            detail: detail.map(|detail| (detail.key, detail.value)).collect(),
        }
    }

    /// The entry and its place.
    pub(crate) fn sealed(self) -> Result<SealedEntry, PortError> {
        let read = Reading::of(Table::AuditEntries, self.id);
        let sequence = read.known("sequence", self.sequence)?;
        let hash = read.known("hash", self.hash.as_ref())?;
        let seal = Seal {
            sequence: read.count("sequence", sequence)?,
            hash: read.hash("hash", hash)?,
        };
        let entry = self.entry();
        Ok(SealedEntry { entry, seal })
    }
}

/// The end of a chain.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AuditChainRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    sequence: i64,
    hash: Binary,
}

impl AuditChainRow {
    pub(crate) fn new(chain: Uuid, head: ChainHead) -> Self {
        Self {
            id: bson_id(chain),
            sequence: big(head.sequence),
            hash: binary(head.hash),
        }
    }

    pub(crate) fn head(&self) -> Result<ChainHead, PortError> {
        let read = Reading::of(Table::AuditChains, self.id);
        Ok(ChainHead {
            sequence: read.count("sequence", self.sequence)?,
            hash: read.hash("hash", &self.hash)?,
        })
    }
}
