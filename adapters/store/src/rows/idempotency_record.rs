//! The table `idempotency_records`.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::Kind,
};
use tenantry_domain::{
    Revision, Timestamp,
    id::{BlobId, IdempotencyId, TenantId, UserId},
    idempotency::{IdempotencyKey, IdempotencyRecord, IdempotencyScope, IdempotencyState},
};

use super::{Reading, id, integer};
use crate::{Key, Scope, Stored, Unique, records::chain_id};

/// A request with an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "idempotency_records")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(rename = "_id", with = "id")]
    pub id: Uuid,
    /// The nil UUID without a tenant: unique keys ignore rows with nulls.
    #[serde(with = "id")]
    pub tenant_id: Uuid,
    #[serde(with = "id")]
    pub user_id: Uuid,
    pub operation: String,
    pub key: String,
    #[serde(with = "id::optional")]
    pub blob_id: Option<Uuid>,
    #[serde(with = "serde_bytes")]
    pub fingerprint: Option<Vec<u8>>,
    pub answer: Option<String>,
    pub created_at: i64,
    pub expires_at: i64,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const KIND: Kind = Kind::Idempotency;

impl Stored for IdempotencyRecord {
    type Table = Entity;

    const KIND: Kind = KIND;
    const SCOPE: Scope<Column> = Scope::Shared(Column::TenantId);
    const UNIQUE: &'static [Unique<Column>] = &[Unique {
        key: UniqueKey::IdempotencyKey,
        name: "idempotency_records_scope",
        columns: &[
            Column::TenantId,
            Column::UserId,
            Column::Operation,
            Column::Key,
        ],
    }];

    const LOOKUPS: &'static [&'static [Column]] = &[&[Column::ExpiresAt, Column::Id]];

    fn key(&self) -> Key {
        self.id.into()
    }

    fn to_row(&self) -> Model {
        let (blob_id, fingerprint, answer) = match &self.state {
            IdempotencyState::Uploading(blob) => (Some(blob.as_uuid()), None, None),
            IdempotencyState::Done {
                fingerprint,
                answer,
            } => (None, Some(fingerprint.to_vec()), Some(answer.clone())),
        };
        Model {
            id: self.id.as_uuid(),
            tenant_id: chain_id(self.scope.tenant_id),
            user_id: self.scope.user_id.as_uuid(),
            operation: self.scope.operation.clone(),
            key: self.scope.key.as_str().to_owned(),
            blob_id,
            fingerprint,
            answer,
            created_at: self.created_at.as_millis(),
            expires_at: self.expires_at.as_millis(),
            revision: integer(self.revision.number()),
        }
    }

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of(KIND, row.id);
        let state = match (row.blob_id, row.fingerprint, row.answer) {
            (Some(blob), None, None) => Some(IdempotencyState::Uploading(BlobId::from_uuid(blob))),
            (None, Some(fingerprint), Some(answer)) => Some(IdempotencyState::Done {
                fingerprint: read.bytes("fingerprint", &fingerprint)?,
                answer,
            }),
            _ => None,
        };
        let tenant_id = (!row.tenant_id.is_nil()).then(|| TenantId::from_uuid(row.tenant_id));
        Ok(Self {
            id: IdempotencyId::from_uuid(row.id),
            scope: IdempotencyScope {
                tenant_id,
                user_id: UserId::from_uuid(row.user_id),
                operation: row.operation,
                key: read.parsed("key", IdempotencyKey::parse(&row.key))?,
            },
            state: read.known("answer", state)?,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            revision: Revision::new(read.count("revision", row.revision)?),
        })
    }
}
