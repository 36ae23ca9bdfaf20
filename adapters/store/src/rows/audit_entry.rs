//! The table `audit_entries`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{ports::PortError, work::Kind};
use tenantry_domain::{
    Timestamp,
    audit::{Actor, AuditEntry, Seal},
    id::{AuditId, UserId},
};

use super::{Pair, Pairs, Reading, Scalar, id, integer};
use crate::{
    Key, Scope, Stored,
    records::{AuditRecord, chain_id, chain_tenant},
};

/// An audit entry; `chain_id` is the tenant's id, or the nil UUID for the
/// platform. `sequence` and `hash` are null until it is sealed; `tag` is null in
/// rows of earlier versions.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "audit_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(rename = "_id", with = "id")]
    pub id: Uuid,
    #[serde(with = "id")]
    pub chain_id: Uuid,
    #[serde(with = "id::optional")]
    pub actor_id: Option<Uuid>,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: String,
    pub at: i64,
    pub request_id: Option<String>,
    pub detail: Pairs,
    pub sequence: Option<i64>,
    #[serde(with = "serde_bytes")]
    pub hash: Option<Vec<u8>>,
    #[serde(default, with = "serde_bytes")]
    pub tag: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::Audit;

impl Stored for AuditRecord {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Shared(Column::ChainId);
    const ORDERS: &'static [&'static [Column]] = &[&[Column::ChainId, Column::At]];

    const LOOKUPS: &'static [&'static [Column]] = &[&[Column::ChainId, Column::Sequence]];

    fn key(&self) -> Key {
        self.entry.id.into()
    }

    fn to_row(&self) -> Model {
        let entry = &self.entry;
        let detail = entry.detail.iter().map(|(key, value)| Pair {
            key: key.clone(),
            value: Scalar::Text(value.clone()),
        });
        Model {
            id: entry.id.as_uuid(),
            chain_id: chain_id(entry.tenant_id),
            actor_id: entry.actor.person().map(UserId::as_uuid),
            action: entry.action.clone(),
            subject_kind: entry.subject_kind.clone(),
            subject_id: entry.subject_id.clone(),
            at: entry.at.as_millis(),
            request_id: entry.request_id.clone(),
            detail: Pairs(detail.collect()),
            sequence: self.seal.as_ref().map(|seal| integer(seal.sequence)),
            hash: self.seal.as_ref().map(|seal| seal.hash.to_vec()),
            tag: entry.tag.clone(),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.id);
        let detail = row.detail.0.into_iter().map(|pair| match pair.value {
            Scalar::Text(value) => Ok((pair.key, value)),
            _ => Err(read.corrupt("detail", "expected a text")),
        });
        // A damaged seal must not hide the entry from verification.
        let seal = row.sequence.map(|sequence| Seal {
            sequence: sequence.try_into().unwrap_or_default(),
            hash: row
                .hash
                .and_then(|hash| hash.try_into().ok())
                .unwrap_or_default(),
        });
        let person = |id| Actor::Person(UserId::from_uuid(id));
        Ok(Self {
            entry: AuditEntry {
                id: AuditId::from_uuid(row.id),
                tenant_id: chain_tenant(row.chain_id),
                actor: row.actor_id.map_or(Actor::System, person),
                action: row.action,
                subject_kind: row.subject_kind,
                subject_id: row.subject_id,
                at: Timestamp::from_millis(row.at),
                request_id: row.request_id,
                detail: detail.collect::<Result<_, _>>()?,
                tag: row.tag,
            },
            seal,
        })
    }
}
