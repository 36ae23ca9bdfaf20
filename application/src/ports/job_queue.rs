//! The queue of background work.

use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::{Timestamp, id::JobId, job::Job};

use super::PortError;

/// Hands out jobs. They are added and completed by units of work, so that a
/// job and what causes it, or its effect and its end, are one step.
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// The job of an id, whatever its state and tenant.
    async fn lookup(&self, id: JobId) -> Result<Option<Job>, PortError>;

    /// Takes the job that has waited longest among those due at `now`, or
    /// whose lease ended before `now`: one step, never the same job to two
    /// workers. The job comes back running, with its attempt counted and a
    /// lease of `lease` for `worker`; a lease that ended counts as a failure.
    /// `None` when nothing is due.
    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Job>, PortError>;

    /// Prolongs the lease of a job that is still running its `attempt`;
    /// `false` when it is no longer this worker's.
    async fn extend(&self, id: JobId, attempt: u32, until: Timestamp) -> Result<bool, PortError>;
}
