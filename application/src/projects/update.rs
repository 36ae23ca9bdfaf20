//! Updating a project.

use tenantry_domain::{
    description::Description, id::ProjectId, name::ProjectName, permission::Permission,
    project::Project,
};

use super::get;
use crate::{
    audit::Entry,
    caller::Caller,
    error::{Checks, Result},
    patch::Patch,
    precondition::Precondition,
    retry,
    services::Services,
};

/// A change of a project.
#[derive(Debug, Clone)]
pub struct UpdateProject {
    /// The project.
    pub id: ProjectId,
    /// The new name.
    pub name: Option<String>,
    /// The description.
    pub description: Patch<String>,
    /// The revisions on which the change may be based.
    pub precondition: Precondition,
}

/// Updates a project.
pub async fn update(
    services: &Services,
    caller: &Caller,
    command: UpdateProject,
) -> Result<Project> {
    let mut checks = Checks::new();
    let name = checks.take_optional("name", command.name.as_deref(), ProjectName::parse);
    let description = command.description;
    let description = checks.take_patch("description", description, Description::parse);
    checks.done()?;
    let store = services.store.open(caller.tenant).await?;
    retry::while_stale!(async {
        let id = command.id;
        let before = get::find(store.as_ref(), caller, id, Permission::ProjectsWrite).await?;
        command.precondition.check(before.revision)?;
        let mut project = before.clone();
        if let Some(name) = &name {
            project.name = name.clone();
        }
        description.apply(&mut project.description);
        if project == before {
            return Ok(project);
        }
        project.updated_at = services.now();
        let mut work = store.begin();
        work.projects().update(&project);
        let mut entry = Entry::new(services, "project.update", "project", id);
        if project.name != before.name {
            entry = entry
                .detail("from", &before.name)
                .detail("to", &project.name);
        }
        work.audit(entry.by(caller));
        store.commit(work).await?;
        project.revision = project.revision.next();
        Ok(project)
    })
}
