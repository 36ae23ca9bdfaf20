//! Requests with an idempotency key.

use mongodb::bson::{self, Binary};
use serde::{Deserialize, Serialize};
use tenantry_application::ports::PortError;
use tenantry_domain::{
    Revision, Timestamp,
    id::{BlobId, IdempotencyId, TenantId, UserId},
    idempotency::{IdempotencyKey, IdempotencyRecord, IdempotencyScope, IdempotencyState},
};

use super::{Reading, Stored, big, binary, optional, uuid};
use crate::plan::{Claim, Key, Table, bson_id};

/// A request with an idempotency key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RequestRow {
    #[serde(rename = "_id")]
    id: bson::Uuid,
    tenant_id: Option<bson::Uuid>,
    user_id: bson::Uuid,
    operation: String,
    key: String,
    blob_id: Option<bson::Uuid>,
    fingerprint: Option<Binary>,
    answer: Option<String>,
    created_at: i64,
    expires_at: i64,
    revision: i64,
}

impl Stored for IdempotencyRecord {
    type Row = RequestRow;

    const TABLE: Table = Table::Requests;

    fn key(id: Self::Id) -> Key {
        Key::Id(id.as_uuid())
    }

    fn to_row(&self) -> RequestRow {
        let (blob_id, fingerprint, answer) = match &self.state {
            IdempotencyState::Uploading(blob) => (Some(bson_id(blob.as_uuid())), None, None),
            IdempotencyState::Done {
                fingerprint,
                answer,
            } => (None, Some(binary(*fingerprint)), Some(answer.clone())),
        };
        RequestRow {
            id: bson_id(self.id.as_uuid()),
            tenant_id: optional(self.scope.tenant_id.map(TenantId::as_uuid)),
            user_id: bson_id(self.scope.user_id.as_uuid()),
            operation: self.scope.operation.clone(),
            key: self.scope.key.as_str().to_owned(),
            blob_id,
            fingerprint,
            answer,
            created_at: self.created_at.as_millis(),
            expires_at: self.expires_at.as_millis(),
            revision: big(self.revision.number()),
        }
    }

    fn from_row(row: RequestRow) -> Result<Self, PortError> {
        let read = Reading::of(Table::Requests, row.id);
        let state = match (row.blob_id, row.fingerprint, row.answer) {
            (Some(blob), None, None) => {
                Some(IdempotencyState::Uploading(BlobId::from_uuid(uuid(blob))))
            }
            (None, Some(fingerprint), Some(answer)) => Some(IdempotencyState::Done {
                fingerprint: read.hash("fingerprint", &fingerprint)?,
                answer,
            }),
            _ => None,
        };
        Ok(Self {
            id: IdempotencyId::from_uuid(uuid(row.id)),
            scope: IdempotencyScope {
                tenant_id: row.tenant_id.map(|id| TenantId::from_uuid(uuid(id))),
                user_id: UserId::from_uuid(uuid(row.user_id)),
                operation: row.operation,
                key: read.parsed("key", IdempotencyKey::parse(&row.key))?,
            },
            state: read.known("answer", state)?,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
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
        vec![Claim::idempotency_key(&self.scope)]
    }
}
