//! Background jobs.

use poem_openapi::{Object, OpenApi, param::Path};
use tenantry_application::jobs;
use tenantry_domain::{
    id::{JobId, UserId},
    job::{Job, JobState},
};
use uuid::Uuid;

use super::{
    resource::resource,
    texts::{MessageText, NameText},
};
use crate::{
    caller::Authentication,
    payload::Json,
    problem::Problem,
    tag::Tag,
    types::{Choice, Text, Time},
};

resource! {
    /// The operations on jobs.
    JobsApi
}

/// A background job.
#[derive(Object)]
#[oai(rename = "Job")]
struct JobBody {
    /// The job's id.
    id: Uuid,
    /// The kind of work, such as `validate_version`.
    kind: NameText,
    /// The state.
    state: Choice<JobState>,
    /// The number of attempts started.
    attempt: u32,
    /// The maximum number of attempts.
    max_attempts: u32,
    /// The error of the last failed attempt.
    #[oai(nullable)]
    error: Option<MessageText>,
    /// The user whose request created the job.
    #[oai(nullable)]
    requested_by: Option<Uuid>,
    /// The earliest time of the next attempt.
    run_at: Time,
    /// The time of creation.
    created_at: Time,
    /// The start of the last attempt.
    #[oai(nullable)]
    started_at: Option<Time>,
    /// The end of the job.
    #[oai(nullable)]
    finished_at: Option<Time>,
}

#[OpenApi(prefix_path = "/api/v1/jobs", tag = "Tag::Jobs")]
impl JobsApi {
    /// Get a job
    ///
    /// Jobs that the caller requested are visible without a permission; other
    /// jobs of the tenant require `jobs:read`.
    #[oai(path = "/:job_id", method = "get", operation_id = "get_job")]
    async fn get_job(
        &self,
        caller: Authentication,
        /// The job's id.
        job_id: Path<Uuid>,
    ) -> Result<Json<JobBody>, Problem> {
        let id = JobId::from_uuid(job_id.0);
        let job = jobs::get(&self.services, &caller.caller()?, id).await?;
        Ok(Json(job.into()))
    }
}

impl From<Job> for JobBody {
    fn from(job: Job) -> Self {
        Self {
            id: job.id.as_uuid(),
            kind: Text::of(job.kind.as_str()),
            state: Choice(job.state),
            attempt: job.attempt,
            max_attempts: job.max_attempts,
            error: job.error.map(Text::from),
            requested_by: job.requested_by.map(UserId::as_uuid),
            run_at: job.run_at.into(),
            created_at: job.created_at.into(),
            started_at: job.started_at.map(Time::from),
            finished_at: job.finished_at.map(Time::from),
        }
    }
}
