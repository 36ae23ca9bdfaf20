//! Creating a project.

use tenantry_domain::{
    Revision, description::Description, id::ProjectId, name::ProjectName, permission::Permission,
    project::Project,
};

use crate::{
    audit::Entry,
    caller::Caller,
    error::{Checks, Result},
    idempotency::{Attempt, KeyOwner, KeyedRequest, Replayable},
    services::Services,
};

/// The data of a new project.
#[derive(Debug, Clone, Default)]
pub struct CreateProject {
    /// The name.
    pub name: String,
    /// The description.
    pub description: Option<String>,
}

/// Creates a project.
pub async fn create(
    services: &Services,
    caller: &Caller,
    command: CreateProject,
    request: Option<KeyedRequest<Project>>,
) -> Result<Replayable<Project>> {
    caller.require(Permission::ProjectsWrite)?;
    let mut checks = Checks::new();
    let name = checks.take("name", ProjectName::parse(&command.name));
    let description = command.description.as_deref();
    let description = checks.take_optional("description", description, Description::parse);
    let name = checks.require(name)?;
    let owner = KeyOwner::caller(caller);
    let attempt = Attempt::start(services, owner, "projects.create", request).await?;
    let run = async {
        let store = services.store.open(caller.tenant).await?;
        let now = services.now();
        let project = Project {
            id: ProjectId::from_uuid(services.ids.next()),
            tenant_id: caller.tenant_id(),
            name,
            description,
            created_by: caller.user_id,
            created_at: now,
            updated_at: now,
            revision: Revision::FIRST,
        };
        let mut work = store.begin();
        work.projects().add(&project);
        let entry = Entry::new(services, "project.create", "project", project.id)
            .detail("name", &project.name);
        work.audit(entry.by(caller));
        attempt.record(work.idempotency(), &project)?;
        store.commit(work).await?;
        Ok(project)
    };
    attempt.run(run).await
}
