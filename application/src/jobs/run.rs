//! Running jobs.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::{
    FutureExt,
    future::{Either, select},
};
use tenantry_domain::job::{Job, JobKind, JobState};
use tracing::Instrument;

use crate::{
    error::{Error, Result},
    files,
    job_handler::{JobHandler, JobOutcome},
    ports::{CommitError, Refusal},
    services::Services,
    work::PlatformWork,
};

/// Claims and runs the next due job, extending its lease meanwhile; returns
/// `false` if no job was due. An error is one of the queue, not of the job.
pub async fn run_next(services: &Services, worker: &str, lease: Duration) -> Result<bool> {
    let claimed = services
        .store
        .jobs()
        .claim(worker, services.now(), lease)
        .await?;
    let Some(job) = claimed else { return Ok(false) };
    let span = tracing::info_span!(
        "job",
        job.id = %job.id,
        job.kind = job.kind.as_str(),
        job.attempt = job.attempt
    );
    run_claimed(services, job, lease).instrument(span).await?;
    Ok(true)
}

async fn run_claimed(services: &Services, job: Job, lease: Duration) -> Result<()> {
    if job.is_hopeless() {
        tracing::error!("job is dead: too many workers were lost while running it");
        return finish(
            services,
            job,
            JobOutcome::Unrecoverable("too many workers were lost".to_owned()),
        )
        .await;
    }
    let Some(outcome) = run_leased(services, &job, lease).await else {
        tracing::warn!("job lease lost: another worker has claimed the job");
        return Ok(());
    };
    finish(
        services,
        job,
        outcome.unwrap_or_else(|error| failed(&error)),
    )
    .await
}

/// Runs the job and extends its lease; `None` if the lease is lost.
async fn run_leased(services: &Services, job: &Job, lease: Duration) -> Option<Result<JobOutcome>> {
    // A panic ends the attempt, not the worker.
    let mut work = Box::pin(AssertUnwindSafe(execute(services, job)).catch_unwind());
    loop {
        match select(work, services.clock.sleep(lease / 3)).await {
            Either::Left((outcome, _)) => {
                return Some(outcome.unwrap_or_else(|_| Err(Error::internal("the job panicked"))));
            }
            Either::Right(((), unfinished)) => work = unfinished,
        }
        let until = services.now().plus(lease);
        // If the queue is unavailable, extending is retried before the lease
        // expires.
        if let Ok(false) = services
            .store
            .jobs()
            .extend_lease(job.id, job.attempt, until)
            .await
        {
            return None;
        }
    }
}

/// Evaluates an expression with the handler of a kind: the list of job kinds.
macro_rules! with_handler {
    ($kind:expr, $handler:ident => $then:expr) => {
        match $kind {
            JobKind::ValidateVersion => {
                type $handler = files::ValidateVersion;
                $then
            }
            JobKind::PurgeVersions => {
                type $handler = files::PurgeVersions;
                $then
            }
        }
    };
}

async fn execute(services: &Services, job: &Job) -> Result<JobOutcome> {
    with_handler!(job.kind, Handler => Handler::run(services, job).await)
}

async fn give_up(services: &Services, dead: &Job) -> Result<bool> {
    with_handler!(dead.kind, Handler => Handler::give_up(services, dead).await)
}

fn failed(error: &Error) -> JobOutcome {
    let source = std::error::Error::source(error);
    tracing::warn!(%error, source, "job attempt failed");
    let code = error.code().to_owned();
    match error {
        Error::DatabaseUnavailable(_) | Error::StorageUnavailable(_) | Error::Busy => {
            JobOutcome::Postponed(code)
        }
        _ => JobOutcome::Failed(code),
    }
}

async fn finish(services: &Services, mut job: Job, outcome: JobOutcome) -> Result<()> {
    let now = services.now();
    match outcome {
        JobOutcome::Committed => return Ok(()),
        JobOutcome::Done => job.succeed(now)?,
        JobOutcome::Postponed(reason) => job.postpone(reason, now)?,
        JobOutcome::Failed(reason) => job.fail(reason, true, now)?,
        JobOutcome::Unrecoverable(reason) => job.fail(reason, false, now)?,
    }
    if job.state == JobState::Dead && give_up(services, &job).await? {
        return Ok(());
    }
    let mut work = PlatformWork::new();
    work.jobs(job.tenant_id).update(&job);
    match services.store.commit(work).await {
        // Another worker has claimed the job; its outcome counts.
        Ok(()) | Err(CommitError::Refused(Refusal::Stale(_) | Refusal::Missing(_))) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
