//! The job queue.

use std::time::Duration;

use async_trait::async_trait;
use tenantry_application::ports::{JobQueue, PortError};
use tenantry_domain::{Timestamp, id::JobId, job::Job};
use tenantry_store::RowReader;

use crate::{backend::SqlBackend, reader::entity};

/// Finds a job that can be claimed. Each part reads one entry of the index.
const PEEK: &str = "\
    SELECT id FROM (\
    SELECT * FROM (SELECT id FROM jobs WHERE state = 'queued' AND run_at <= ? \
    ORDER BY run_at, id LIMIT 1) AS due \
    UNION ALL \
    SELECT * FROM (SELECT id FROM jobs WHERE state = 'queued' AND run_at > ? \
    ORDER BY run_at, id LIMIT 1) AS overdue \
    UNION ALL \
    SELECT * FROM (SELECT id FROM jobs WHERE state = 'running' \
    AND (lease_until < ? OR lease_until > ?) ORDER BY run_at, id LIMIT 1) AS lost\
    ) AS waiting LIMIT 1";

/// Extends a lease. The revision stays: the worker completes the job at the one
/// it claimed.
const EXTEND: &str = "\
    UPDATE jobs SET lease_until = ? WHERE id = ? AND attempt = ? AND state = 'running' \
    RETURNING id";

/// The queue of background jobs.
#[derive(Debug, Clone)]
pub(crate) struct SqlJobQueue {
    pub(crate) backend: SqlBackend,
}

#[async_trait]
impl JobQueue for SqlJobQueue {
    async fn lookup(&self, id: JobId) -> Result<Option<Job>, PortError> {
        self.backend.lookup(id.into()).await
    }

    async fn claim(
        &self,
        worker: &str,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Job>, PortError> {
        let at = now.as_millis();
        // Idle workers poll often, and must not load the writer.
        let max_run_at = now.plus(Job::MAX_DELAY).as_millis();
        let max_until = now.plus(Job::MAX_LEASE).as_millis();
        let due = [at, max_run_at, at, max_until].map(Into::into);
        let due = self
            .backend
            .reader
            .rows_by("look for jobs", PEEK, due)
            .await?;
        if due.is_empty() {
            return Ok(None);
        }
        let until = now.plus(lease).as_millis();
        let times = [until, at, at, max_run_at, at, max_until].map(Into::into);
        let values = [worker.into()].into_iter().chain(times);
        let claimed = self
            .backend
            .writer
            .run(self.backend.reader.dialect.claim(), values)
            .await?;
        claimed.first().map(entity).transpose()
    }

    async fn extend_lease(
        &self,
        id: JobId,
        attempt: u32,
        until: Timestamp,
    ) -> Result<bool, PortError> {
        let values = [
            until.as_millis().into(),
            id.as_uuid().into(),
            i64::from(attempt).into(),
        ];
        let extended = self.backend.writer.run(EXTEND, values).await?;
        Ok(!extended.is_empty())
    }
}
