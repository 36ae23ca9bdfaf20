//! The only source of time.

use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::Timestamp;

/// Tells the time and lets it pass.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now, in UTC. Two calls may answer the same instant, and a later call an
    /// earlier one when the machine's clock was set.
    fn now(&self) -> Timestamp;

    /// Waits. Dropping the future ends the wait.
    async fn sleep(&self, duration: Duration);
}
