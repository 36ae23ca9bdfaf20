//! Getting one job.

use tenantry_domain::{id::JobId, job::Job, permission::Permission};

use crate::{
    caller::Caller,
    error::{Error, Result, Thing},
    services::Services,
};

/// Returns a job of the caller's tenant, if the caller caused it or may view
/// all jobs.
pub async fn get(services: &Services, caller: &Caller, id: JobId) -> Result<Job> {
    let job = services.store.jobs().lookup(id).await?;
    let visible = |job: &Job| {
        job.tenant_id == Some(caller.tenant_id())
            && (job.requested_by == Some(caller.user_id)
                || caller.permissions.has(Permission::JobsRead))
    };
    job.filter(visible).ok_or(Error::NotFound(Thing::Job))
}
