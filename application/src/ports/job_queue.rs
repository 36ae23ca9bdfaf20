//! The queue of background jobs.

use std::time::Duration;

use async_trait::async_trait;
use tenantry_domain::{Timestamp, id::JobId, job::Job};

use super::PortError;

/// Hands out jobs. Jobs are enqueued and completed by units of work, atomically
/// with their causes and effects.
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// Returns the job with this id, in any state and of any tenant.
    async fn lookup(&self, id: JobId) -> Result<Option<Job>, PortError>;

    /// Claims the job that has waited longest among those that
    /// [can be claimed](Job::is_claimable) at `now`; `None` if there is no such
    /// job. Atomic: no job is given to two workers.
    ///
    /// The job is returned as running, with a higher attempt number and
    /// revision and a lease of `lease` for `worker`. An expired lease counts as
    /// a failure.
    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Job>, PortError>;

    /// Extends the lease of a job that is still running its `attempt`; returns
    /// `false` if another worker has claimed it or it has ended. Does not
    /// change the job's revision.
    async fn extend_lease(
        &self,
        id: JobId,
        attempt: u32,
        until: Timestamp,
    ) -> Result<bool, PortError>;

    /// Registers this process, whose workers are named `<process>/<number>`, until
    /// the store is closed. The name must not have been used before, and consists
    /// of ASCII letters, digits and hyphens.
    async fn register(&self, _process: &str) -> Result<(), PortError> {
        Ok(())
    }

    /// Ends the leases of registered processes that have ended, and returns their
    /// number. A queue that cannot prove the end of a process ends none.
    async fn recover(&self) -> Result<u64, PortError> {
        Ok(0)
    }
}
