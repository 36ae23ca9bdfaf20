//! Requests with an idempotency key.

use sea_orm::{ColumnTrait, Condition};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::{Change, Write},
};
use tenantry_domain::{
    Revision, Timestamp,
    id::{BlobId, IdempotencyId, TenantId, UserId},
    idempotency::{IdempotencyKey, IdempotencyRecord, IdempotencyScope, IdempotencyState},
};
use uuid::Uuid;

use super::{Reading, Stored, big};
use crate::entity::idempotency::{Column, Entity, Model};

/// The row of a scope.
pub(crate) fn in_scope(scope: &IdempotencyScope) -> Condition {
    Condition::all()
        .add(Column::TenantId.eq(tenant_column(scope.tenant_id)))
        .add(Column::UserId.eq(scope.user_id.as_uuid()))
        .add(Column::Operation.eq(scope.operation.as_str()))
        .add(Column::Key.eq(scope.key.as_str()))
}

fn tenant_column(tenant: Option<TenantId>) -> Uuid {
    tenant.map_or(Uuid::nil(), TenantId::as_uuid)
}

impl Stored for IdempotencyRecord {
    type Table = Entity;

    const REVISION: Column = Column::Revision;
    const FIXED: &'static [Column] = &[Column::Id, Column::TenantId];

    fn keyed(id: IdempotencyId) -> Condition {
        Condition::all().add(Column::Id.eq(id.as_uuid()))
    }

    // A unit that carries a tenant's rows may carry the platform's too.
    fn within(tenant: Option<TenantId>) -> Condition {
        Condition::all().add(Column::TenantId.is_in([tenant_column(tenant), Uuid::nil()]))
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
            tenant_id: tenant_column(self.scope.tenant_id),
            user_id: self.scope.user_id.as_uuid(),
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

    fn from_row(row: Model) -> Result<Self, PortError> {
        let read = Reading::of("idempotency_records", row.id);
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

    fn written_by(change: &Change) -> Option<&Write<Self>> {
        match change {
            Change::Idempotency(write) => Some(write),
            _ => None,
        }
    }

    fn unique_keys(&self) -> Vec<(UniqueKey, Condition)> {
        vec![(UniqueKey::IdempotencyKey, in_scope(&self.scope))]
    }
}
