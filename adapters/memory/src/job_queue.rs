//! The job queue.

use std::time::Duration;

use async_trait::async_trait;
use tenantry_application::ports::{JobQueue, PortError};
use tenantry_domain::{
    Timestamp,
    id::JobId,
    job::{Job, JobState, Lease},
};

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
        let due = state.all::<Job>().filter(|job| is_due(job, now));
        let first = due.min_by_key(|job| (job.run_at, job.id)).map(|job| job.id);
        let Some(job) = first.and_then(|id| state.get_mut::<Job>(id)) else {
            return Ok(None);
        };
        if job.state == JobState::Running {
            job.failures += 1;
        }
        job.state = JobState::Running;
        job.attempt += 1;
        job.lease = Some(Lease {
            worker: worker.to_owned(),
            until: now.plus(lease),
        });
        job.started_at = Some(now);
        job.revision = job.revision.next();
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
        let running = job.filter(|job| job.state == JobState::Running && job.attempt == attempt);
        let lease = running.and_then(|job| job.lease.as_mut());
        // The revision stays: the worker completes the job at the one it claimed.
        Ok(lease.map(|lease| lease.until = until).is_some())
    }
}

fn is_due(job: &Job, now: Timestamp) -> bool {
    match job.state {
        JobState::Queued => job.run_at <= now,
        JobState::Running => job.lease.as_ref().is_some_and(|lease| lease.until < now),
        JobState::Succeeded | JobState::Dead | JobState::Cancelled => false,
    }
}
