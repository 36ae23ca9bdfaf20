//! Getting one project.

use tenantry_domain::{id::ProjectId, permission::Permission, project::Project};

use crate::{
    caller::Caller,
    error::{Result, Thing},
    ports::TenantStore,
    services::Services,
    visible::{Resource, visible},
};

impl Resource for Project {
    type Action = Permission;

    const THING: Thing = Thing::Project;

    fn authorize(&self, caller: &Caller, permission: Permission) -> Result<()> {
        caller.require(permission)
    }
}

/// Returns a project.
pub async fn get(services: &Services, caller: &Caller, id: ProjectId) -> Result<Project> {
    let store = services.store.open(caller.tenant).await?;
    find(store.as_ref(), caller, id, Permission::ProjectsRead).await
}

/// Returns a project if the caller has the permission.
pub(super) async fn find(
    store: &dyn TenantStore,
    caller: &Caller,
    id: ProjectId,
    permission: Permission,
) -> Result<Project> {
    visible(caller, store.projects().lookup(id).await?, permission)
}
