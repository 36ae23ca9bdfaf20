//! The job queue.

use std::time::Duration;

use async_trait::async_trait;
use tenantry_application::ports::{JobQueue, PortError};
use tenantry_domain::{Timestamp, id::JobId, job::Job};

use crate::backend::MemoryBackend;

/// The queue of background jobs.
#[derive(Debug)]
pub(crate) struct MemoryJobQueue {
    pub(crate) backend: MemoryBackend,
}

#[async_trait]
impl JobQueue for MemoryJobQueue {
    async fn lookup(&self, id: JobId) -> Result<Option<Job>, PortError> {
        Ok(self.backend.read().get::<Job>(id).cloned())
    }

    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Job>, PortError> {
        let mut state = self.backend.write();
        let due = state.all::<Job>().filter(|job| job.is_claimable(now));
        let first = due.min_by_key(|job| (job.run_at, job.id)).map(|job| job.id);
        let Some(job) = first.and_then(|id| state.get_mut::<Job>(id)) else {
            return Ok(None);
        };
        job.claim(worker, now, now.plus(lease));
        Ok(Some(job.clone()))
    }

    async fn extend_lease(
        &self,
        id: JobId,
        attempt: u32,
        until: Timestamp,
    ) -> Result<bool, PortError> {
        let mut state = self.backend.write();
        let job = state.get_mut::<Job>(id);
        Ok(job.is_some_and(|job| job.extend_lease(attempt, until)))
    }
}
