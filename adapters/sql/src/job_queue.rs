//! The job queue.

use std::{io, sync::Arc, time::Duration};

use async_trait::async_trait;
use tenantry_application::ports::{JobQueue, PortError, PortErrorKind};
use tenantry_domain::{Timestamp, id::JobId, job::Job};
use tenantry_store::RowReader;

use crate::{backend::SqlBackend, reader::entity, sqlite::Processes};

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

/// Ends the leases of a process, whose workers have names that begin with its own.
const END_LEASES: &str = "\
    UPDATE jobs SET lease_until = 0 WHERE state = 'running' AND lease_worker LIKE ? RETURNING id";

/// The queue of background jobs.
#[derive(Debug, Clone)]
pub(crate) struct SqlJobQueue {
    pub(crate) backend: SqlBackend,
    /// The processes of the machine that uses the database alone; `None` for a
    /// server.
    pub(crate) processes: Option<Arc<Processes>>,
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

    async fn register(&self, process: &str) -> Result<(), PortError> {
        let Some(processes) = self.processes.clone() else {
            return Ok(());
        };
        let process = process.to_owned();
        blocking("register a worker", move || processes.register(&process)).await
    }

    async fn recover(&self) -> Result<u64, PortError> {
        let Some(processes) = self.processes.clone() else {
            return Ok(0);
        };
        let mut count = 0;
        for process in blocking("find ended workers", move || processes.ended()).await? {
            let workers = format!("{}/%", process.name);
            let ended = self
                .backend
                .writer
                .run(END_LEASES, [workers.into()])
                .await?;
            count += ended.len() as u64;
            blocking("remove an ended worker", move || process.forget()).await?;
        }
        Ok(count)
    }
}

/// Runs a change of files on a thread that may block.
async fn blocking<T: Send + 'static>(
    context: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, PortError> {
    let failed = || PortError::new(PortErrorKind::Internal, context);
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| failed().caused_by(error))?;
    done.map_err(|error| failed().caused_by(error))
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use tenantry_application::{ports::PlatformStore, work::PlatformWork};
    use tenantry_domain::job::JobKind;
    use uuid::Uuid;

    use super::*;
    use crate::{
        SqlStore, SqliteOptions,
        testing::{World, world},
    };

    const LEASE: Duration = Duration::from_mins(30);

    #[tokio::test]
    async fn leases_end_with_their_process() {
        let World {
            store,
            folder,
            tenant: _tenant,
        } = world().await;
        let id = JobId::from_uuid(Uuid::from_u128(1));
        let now = Timestamp::EPOCH.plus(Duration::from_hours(1000));
        let job = Job::new(id, JobKind::ValidateVersion, None, "{}".into(), None, now);
        let mut work = PlatformWork::new();
        work.jobs(None).add(&job);
        store.commit(work).await.expect("queued");
        let file = folder.path().join("odd ?name#.db");
        let other = SqlStore::connect(SqliteOptions::new(file)).await;
        let other = other.expect("the same database");
        other.jobs().register("worker-1").await.expect("registered");
        store
            .jobs()
            .register("worker-10")
            .await
            .expect("registered");
        let claimed = other.jobs().claim("worker-1/0", now, LEASE).await;
        assert_eq!(claimed.expect("a queue").map(|job| job.id), Some(id));

        // Both processes run.
        assert_eq!(store.jobs().recover().await.expect("a queue"), 0);
        assert_eq!(other.jobs().recover().await.expect("a queue"), 0);
        let early = store.jobs().claim("worker-10/0", now, LEASE).await;
        assert_eq!(early.expect("a queue"), None);

        other.close().await.expect("closed");
        assert_eq!(store.jobs().recover().await.expect("a queue"), 1);
        assert_eq!(store.jobs().recover().await.expect("a queue"), 0);
        let again = store.jobs().claim("worker-10/0", now, LEASE).await;
        let again = again.expect("a queue").expect("the job");
        assert_eq!((again.id, again.attempt, again.failures), (id, 2, 1));
    }
}
