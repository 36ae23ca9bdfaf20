//! Updating a project.

use tenantry_domain::{
    description::Description, id::ProjectId, name::ProjectName, permission::Permission,
    project::Project,
};

use crate::{
    audit::Entry,
    caller::Caller,
    contention::{Lane, decide},
    error::{Checks, Result},
    patch::Patch,
    precondition::Precondition,
    services::Services,
    visible::visible,
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
    let id = command.id;
    decide!(services, ProjectUpdate in Lane::of::<Project>(id), |turn| async {
        let found = match turn.row() {
            Some(project) => Some(project),
            None => store.projects().lookup(id).await?,
        };
        let before = visible(caller, found, Permission::ProjectsWrite)?;
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
        turn.commit(store.commit(work), &project).await?;
        project.revision = project.revision.next();
        Ok(project)
    })
}
