//! Epochs: counters that are raised whenever the permissions of a user or
//! tenant change.

use async_trait::async_trait;
use tenantry_domain::{Timestamp, epoch::EpochSubject};

use super::PortError;

/// Reads epochs. Units of work raise them.
#[async_trait]
pub trait EpochRepository: Send + Sync {
    /// Returns all epochs raised at or after `since`, by the clocks of the
    /// processes that raised them, oldest first. The list is complete, however
    /// long: a missing epoch would leave revoked access in caches.
    async fn changed_since(&self, since: Timestamp) -> Result<Vec<EpochChange>, PortError>;
}

/// An epoch and the time at which it was raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochChange {
    /// The subject.
    pub subject: EpochSubject,
    /// The current value.
    pub epoch: u64,
    /// The time at which it was last raised.
    pub changed_at: Timestamp,
}
