//! The records of requests with an idempotency key.

use async_trait::async_trait;
use tenantry_domain::{
    Timestamp,
    idempotency::{IdempotencyRecord, IdempotencyScope},
};

use super::PortError;

/// Reads and purges idempotency records.
#[async_trait]
pub trait IdempotencyRepository: Send + Sync {
    /// Returns the record of a scope, expired or not; `None` if the key is
    /// unused.
    async fn find(&self, scope: &IdempotencyScope) -> Result<Option<IdempotencyRecord>, PortError>;

    /// Deletes up to `limit` records that expired before `before` and returns
    /// their number. Safe to repeat.
    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;
}
