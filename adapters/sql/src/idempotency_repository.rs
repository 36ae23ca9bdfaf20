//! Requests that came with an idempotency key.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{EntityTrait, QueryFilter};
use tenantry_application::ports::{IdempotencyRepository, PortError};
use tenantry_domain::{
    Timestamp,
    idempotency::{IdempotencyRecord, IdempotencyScope},
};

use crate::{convert::in_scope, entity::idempotency::Entity, reader::Reader, writer::Writer};

/// Reads records, and removes those that have expired.
#[derive(Debug, Clone)]
pub(crate) struct SqlIdempotencyRepository {
    pub(crate) reader: Reader,
    pub(crate) writer: Arc<Writer>,
}

#[async_trait]
impl IdempotencyRepository for SqlIdempotencyRepository {
    async fn find(&self, scope: &IdempotencyScope) -> Result<Option<IdempotencyRecord>, PortError> {
        self.reader
            .one(Entity::find().filter(in_scope(scope)))
            .await
    }

    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.writer
            .purge("idempotency_records", before, limit)
            .await
    }
}
