//! Requests that came with an idempotency key.

use std::sync::Arc;

use async_trait::async_trait;
use mongodb::bson::doc;
use tenantry_application::ports::{IdempotencyRepository, PortError};
use tenantry_domain::{
    Timestamp,
    id::TenantId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
};

use crate::{
    commit::{Command, Commits},
    database::Database,
    plan::bson_id,
};

/// Reads records, and removes those that have expired.
#[derive(Debug, Clone)]
pub(crate) struct MongoIdempotencyRepository {
    pub(crate) database: Database,
    pub(crate) commits: Arc<Commits>,
}

#[async_trait]
impl IdempotencyRepository for MongoIdempotencyRepository {
    async fn find(&self, scope: &IdempotencyScope) -> Result<Option<IdempotencyRecord>, PortError> {
        let filter = doc! {
            "user_id": bson_id(scope.user_id.as_uuid()),
            "key": scope.key.as_str(),
            "operation": scope.operation.as_str(),
            "tenant_id": scope.tenant_id.map(TenantId::as_uuid).map(bson_id),
        };
        self.database.one(filter).await
    }

    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        let command = Command::PurgeRequests { before, limit };
        self.commits.run(None, command).await?.count()
    }
}
