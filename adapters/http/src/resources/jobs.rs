//! Background work, as callers see it.

use std::sync::Arc;

use poem_openapi::{Enum, Object, OpenApi, param::Path};
use tenantry_application::{Services, jobs};
use tenantry_domain::{
    id::{JobId, UserId},
    job::{Job, JobState},
};
use uuid::Uuid;

use super::body::Time;
use crate::{caller::SignedIn, payload::Json, problem::Problem, tag::Tag};

/// The operations on jobs.
pub(crate) struct JobsApi {
    services: Arc<Services>,
}

impl JobsApi {
    /// The operations, on these services.
    pub(crate) fn new(services: Arc<Services>) -> Self {
        Self { services }
    }
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", rename = "JobState")]
enum JobStateBody {
    /// Waiting for a worker.
    Queued,
    /// A worker holds it.
    Running,
    /// Done.
    Succeeded,
    /// Every attempt failed.
    Dead,
    /// Ended before it was done.
    Cancelled,
}

/// A piece of background work.
#[derive(Object)]
#[oai(rename = "Job")]
struct JobBody {
    /// The job's id.
    id: Uuid,
    /// What is to be done.
    kind: String,
    /// How far it is.
    state: JobStateBody,
    /// How many attempts were begun.
    attempt: u32,
    /// After so many failed attempts it is dead.
    max_attempts: u32,
    /// Why the last attempt failed.
    #[oai(nullable)]
    error: Option<String>,
    /// Who caused it.
    #[oai(nullable)]
    requested_by: Option<Uuid>,
    /// Not before this.
    run_at: Time,
    /// When it was put in the queue.
    created_at: Time,
    /// When the last attempt was begun.
    #[oai(nullable)]
    started_at: Option<Time>,
    /// When it ended.
    #[oai(nullable)]
    finished_at: Option<Time>,
}

#[OpenApi(prefix_path = "/api/v1/jobs", tag = "Tag::Jobs")]
impl JobsApi {
    /// Show a job
    ///
    /// Jobs one caused oneself, or any of the tenant with `jobs:read`.
    #[oai(path = "/:job_id", method = "get", operation_id = "get_job")]
    async fn get_job(
        &self,
        caller: SignedIn,
        /// The job's id.
        job_id: Path<Uuid>,
    ) -> Result<Json<JobBody>, Problem> {
        let job = jobs::get(
            &self.services,
            &caller.caller()?,
            JobId::from_uuid(job_id.0),
        )
        .await?;
        Ok(Json(job.into()))
    }
}

impl From<Job> for JobBody {
    fn from(job: Job) -> Self {
        Self {
            id: job.id.as_uuid(),
            kind: job.kind.as_str().to_owned(),
            state: match job.state {
                JobState::Queued => JobStateBody::Queued,
                JobState::Running => JobStateBody::Running,
                JobState::Succeeded => JobStateBody::Succeeded,
                JobState::Dead => JobStateBody::Dead,
                JobState::Cancelled => JobStateBody::Cancelled,
            },
            attempt: job.attempt,
            max_attempts: job.max_attempts,
            error: job.error,
            requested_by: job.requested_by.map(UserId::as_uuid),
            run_at: job.run_at.into(),
            created_at: job.created_at.into(),
            started_at: job.started_at.map(Time::from),
            finished_at: job.finished_at.map(Time::from),
        }
    }
}
