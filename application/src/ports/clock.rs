//! The only source of time.

use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::Timestamp;

/// Returns the time and waits.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Returns the current time in UTC. Consecutive calls may return equal
    /// times, or an earlier one after the system clock was set back.
    fn now(&self) -> Timestamp;

    /// Waits for `duration`. Dropping the future cancels the wait.
    async fn sleep(&self, duration: Duration);
}
