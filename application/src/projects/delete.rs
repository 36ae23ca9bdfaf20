//! Deleting a project.

use tenantry_domain::{id::ProjectId, permission::Permission, project::Project};

use super::get;
use crate::{
    audit::Entry,
    caller::Caller,
    contention::{Lane, decide},
    error::Result,
    precondition::Precondition,
    services::Services,
};

/// Deletes a project.
pub async fn delete(
    services: &Services,
    caller: &Caller,
    id: ProjectId,
    precondition: &Precondition,
) -> Result<()> {
    let store = services.store.open(caller.tenant).await?;
    decide!(services, ProjectDelete in Lane::of::<Project>(id), async {
        let project = get::find(store.as_ref(), caller, id, Permission::ProjectsWrite).await?;
        precondition.check(project.revision)?;
        let mut work = store.begin();
        work.projects().remove(&project);
        let entry =
            Entry::new(services, "project.delete", "project", id).detail("name", &project.name);
        work.audit(entry.by(caller));
        Ok(store.commit(work).await?)
    })
}
