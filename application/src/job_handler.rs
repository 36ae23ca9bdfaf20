//! The interface of a job kind, shared by the runner and the kinds.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use tenantry_domain::{
    id::{JobId, TenantId, UserId},
    job::{Job, JobKind},
    tenant::{ActiveTenant, Tenant},
};

use crate::{
    error::Result,
    ports::{PortError, PortErrorKind, TenantStore},
    services::Services,
};

/// The arguments of a job kind, and the code that runs it. The effect of a job
/// and its end are one commit, so that running it twice has the effect of
/// running it once.
#[async_trait]
pub(crate) trait JobHandler: Serialize + DeserializeOwned + Send + Sized {
    /// The kind.
    const KIND: JobKind;

    /// Runs one attempt.
    async fn run(services: &Services, job: &Job) -> Result<JobOutcome>;

    /// Commits the end of a dead job together with its consequences. Returns
    /// `false` if nothing was committed; a kind without consequences keeps this
    /// default.
    async fn give_up(_services: &Services, _dead: &Job) -> Result<bool> {
        Ok(false)
    }

    /// Creates a job that is due immediately.
    fn job(
        &self,
        services: &Services,
        tenant: Option<TenantId>,
        requested_by: Option<UserId>,
    ) -> Result<Job, PortError> {
        let payload = serde_json::to_string(self).map_err(|error| {
            PortError::new(PortErrorKind::Internal, "encode a job payload").caused_by(error)
        })?;
        let id = JobId::from_uuid(services.ids.next());
        let now = services.now();
        Ok(Job::new(id, Self::KIND, tenant, payload, requested_by, now))
    }

    /// Reads the arguments of a job; `None` if they are malformed.
    fn arguments(job: &Job) -> Option<Self> {
        serde_json::from_str(&job.payload).ok()
    }
}

/// Returns the tenant of a job and its store, or the job's outcome without an
/// active tenant.
pub(crate) async fn open_tenant(
    services: &Services,
    job: &Job,
) -> Result<std::result::Result<(Tenant, Arc<dyn TenantStore>), JobOutcome>> {
    let Some(id) = job.tenant_id else {
        let reason = "the job has no tenant".to_owned();
        return Ok(Err(JobOutcome::Unrecoverable(reason)));
    };
    let Some(tenant) = services.store.tenants().lookup(id).await? else {
        return Ok(Err(JobOutcome::Done));
    };
    let Some(active) = ActiveTenant::of(id, tenant.status) else {
        let reason = "the tenant is not active".to_owned();
        return Ok(Err(JobOutcome::Postponed(reason)));
    };
    let store = services.store.open(active).await?;
    Ok(Ok((tenant, store)))
}

/// The outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobOutcome {
    /// The end of the job was committed together with its effect.
    Committed,
    /// Nothing is left to do.
    Done,
    /// A dependency is unavailable; retry without a limit.
    Postponed(String),
    /// The attempt failed; retry up to the maximum number of failures.
    Failed(String),
    /// The job can never succeed; do not retry.
    Unrecoverable(String),
}
