//! Requests that came with an idempotency key, as stored.

use async_trait::async_trait;
use tenantry_domain::{
    Timestamp,
    idempotency::{IdempotencyRecord, IdempotencyScope},
};

use super::PortError;

/// Reads the records of requests with a key, and removes old ones.
#[async_trait]
pub trait IdempotencyRepository: Send + Sync {
    /// The record of a scope, expired or not; `None` where the key is free.
    async fn find(&self, scope: &IdempotencyScope) -> Result<Option<IdempotencyRecord>, PortError>;

    /// Removes records that expired before `before`, at most `limit`, and
    /// says how many. May be called again at any time.
    async fn purge_expired(&self, before: Timestamp, limit: u32) -> Result<u64, PortError>;
}
