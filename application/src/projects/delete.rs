//! Deleting a project.

use tenantry_domain::{id::ProjectId, permission::Permission};

use super::get;
use crate::{
    audit::Entry, caller::Caller, error::Result, precondition::Precondition, retry,
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
    retry::while_stale!(async {
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
