//! Idempotency records.

use async_trait::async_trait;
use tenantry_application::ports::{IdempotencyRepository, PortError};
use tenantry_domain::{
    Timestamp,
    idempotency::{IdempotencyRecord, IdempotencyScope},
};

use crate::{
    Backend, Column, Expiring, PlatformRows, Query, records::chain_id, rows::idempotency_record,
};

impl Expiring for IdempotencyRecord {
    const EXPIRES_AT: Column<Self> = idempotency_record::Column::ExpiresAt;
}

#[async_trait]
impl<B: Backend> IdempotencyRepository for PlatformRows<B> {
    async fn find(&self, scope: &IdempotencyScope) -> Result<Option<IdempotencyRecord>, PortError> {
        use idempotency_record::Column;
        let query = Query::new()
            .equal(Column::TenantId, chain_id(scope.tenant_id))
            .equal(Column::UserId, scope.user_id.as_uuid())
            .equal(Column::Operation, scope.operation.as_str())
            .equal(Column::Key, scope.key.as_str());
        self.backend().find_one(query).await
    }

    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u64, PortError> {
        self.backend()
            .purge_expired::<IdempotencyRecord>(before, limit)
            .await
    }
}
