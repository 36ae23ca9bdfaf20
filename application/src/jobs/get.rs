//! Getting one job.

use tenantry_domain::{id::JobId, job::Job, permission::Permission};

use crate::{
    caller::Caller,
    error::{Error, Result, Thing},
    services::Services,
    visible::{Resource, visible},
};

/// Returns a job of the caller's tenant, if the caller caused it or may view
/// all jobs.
pub async fn get(services: &Services, caller: &Caller, id: JobId) -> Result<Job> {
    visible(caller, services.store.jobs().lookup(id).await?, ())
}

impl Resource for Job {
    type Action = ();

    const THING: Thing = Thing::Job;

    fn authorize(&self, caller: &Caller, (): ()) -> Result<()> {
        let is_visible = self.tenant_id == Some(caller.tenant_id())
            && (self.requested_by == Some(caller.user_id)
                || caller.permissions.has(Permission::JobsRead));
        if is_visible {
            Ok(())
        } else {
            Err(Error::NotFound(Self::THING))
        }
    }
}
