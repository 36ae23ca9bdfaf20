//! The queue of background work.

use std::time::Duration;

use async_trait::async_trait;
use tenantry_application::ports::{JobQueue, PortError};
use tenantry_domain::{
    Timestamp,
    id::JobId,
    job::{Job, JobState, Lease},
};

use crate::shared::Shared;

/// Hands out jobs.
#[derive(Debug)]
pub(crate) struct MemoryJobQueue {
    shared: Shared,
}

impl MemoryJobQueue {
    pub(crate) const fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl JobQueue for MemoryJobQueue {
    async fn lookup(&self, id: JobId) -> Result<Option<Job>, PortError> {
        Ok(self.shared.read().jobs.get(&id).cloned())
    }

    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Job>, PortError> {
        let mut state = self.shared.write();
        let due = state.jobs.values_mut().filter(|job| is_due(job, now));
        let Some(job) = due.min_by_key(|job| (job.run_at, job.id)) else {
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
        let mut state = self.shared.write();
        let job = state.jobs.get_mut(&id);
        let running = job.filter(|job| job.state == JobState::Running && job.attempt == attempt);
        let lease = running.and_then(|job| job.lease.as_mut());
        // The revision stays: the worker completes the job it was handed.
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
