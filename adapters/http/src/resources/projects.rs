//! Projects.

use poem_openapi::{Object, OpenApi, param::Path, types::MaybeUndefined};
use tenantry_application::{
    ports::ProjectSort,
    projects::{self, CreateProject, ListProjects, UpdateProject},
};
use tenantry_domain::{Revision, id::ProjectId, project::Project};
use uuid::Uuid;

use super::{
    conditions::{IfMatch, IfNoneMatch},
    entity_tag::revision_tag,
    idempotency::{Idempotency, replayable},
    paging::{Counting, ListItem, Numbering, Page, Paging},
    patch::patch,
    resource::resource,
    response::{Conditional, CreatedVersioned, NoContent, Versioned},
    texts::DescriptionText,
};
use crate::{
    caller::Authentication,
    payload::Json,
    problem::{Problem, ProblemWith},
    tag::Tag,
    types::{Sort, Text, Time, closed_enums, parameters},
};

resource! {
    /// The operations on projects.
    ProjectsApi
}

/// The name of a project.
type ProjectNameText = Text<100>;

/// A project.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Project")]
struct ProjectBody {
    /// The project's id.
    id: Uuid,
    /// The name, unique within the tenant, ignoring case.
    name: ProjectNameText,
    /// The description.
    #[oai(nullable)]
    description: Option<DescriptionText>,
    /// The user who created the project.
    created_by: Uuid,
    /// The time of creation.
    created_at: Time,
    /// The time of the last change.
    updated_at: Time,
}

impl ListItem for ProjectBody {}

impl From<&Project> for ProjectBody {
    fn from(project: &Project) -> Self {
        let description = project.description.as_ref();
        Self {
            id: project.id.as_uuid(),
            name: Text::of(&project.name),
            description: description.map(|text| Text::of(text.as_str())),
            created_by: project.created_by.as_uuid(),
            created_at: project.created_at.into(),
            updated_at: project.updated_at.into(),
        }
    }
}

impl From<Project> for ProjectBody {
    fn from(project: Project) -> Self {
        Self::from(&project)
    }
}

/// A new project.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct CreateProjectRequest {
    /// The name, 1 to 100 characters.
    name: ProjectNameText,
    /// The description, 1 to 1,000 characters.
    description: Option<DescriptionText>,
}

/// A change of a project. Absent fields stay unchanged.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct UpdateProjectRequest {
    /// The new name, 1 to 100 characters.
    name: Option<ProjectNameText>,
    /// The description, 1 to 1,000 characters; null removes it.
    #[oai(nullable)]
    description: MaybeUndefined<DescriptionText>,
}

closed_enums! {
    /// The sort order of projects; `-` sorts in descending order.
    ProjectSort as "ProjectSort" {
        Name = "name",
        CreatedAt = "created_at",
        UpdatedAt = "updated_at",
    }
}

parameters! {
    /// The filter and the order of a list of projects.
    struct ProjectFilter in Query {
        /// Only projects whose name contains this text, ignoring case.
        search as "search": Option<ProjectNameText>,
        /// The sort order; `name` by default.
        sort as "sort": Option<Sort<ProjectSort>>,
    }
}

#[OpenApi(prefix_path = "/api/v1/projects", tag = "Tag::Projects")]
impl ProjectsApi {
    /// List projects
    ///
    /// Returns the projects of the tenant. Requires `projects:read`.
    #[oai(path = "/", method = "get", operation_id = "list_projects")]
    async fn list(
        &self,
        caller: Authentication,
        filter: ProjectFilter,
        paging: Paging,
        numbering: Numbering,
        counting: Counting,
    ) -> Result<Json<Page<ProjectBody>>, Problem> {
        let sort = filter.sort.unwrap_or(Sort::ascending(ProjectSort::Name));
        let query = ListProjects {
            search: filter.search.map(String::from),
            sort: sort.field,
            descending: sort.descending,
            page: paging.numbered(&numbering, &counting),
        };
        let page = projects::list(&self.services, &caller.caller()?, query).await?;
        Ok(Json(page.into()))
    }

    /// Create a project
    ///
    /// Responds 409 `already_exists` if the name is in use. Requires
    /// `projects:write`.
    #[oai(path = "/", method = "post", operation_id = "create_project")]
    async fn create(
        &self,
        caller: Authentication,
        idempotency: Idempotency,
        body: Json<CreateProjectRequest>,
    ) -> Result<CreatedVersioned<ProjectBody>, Problem> {
        let request = idempotency.request::<_, ProjectBody>(&body.0)?;
        let CreateProjectRequest { name, description } = body.0;
        let command = CreateProject {
            name: name.into(),
            description: description.map(String::from),
        };
        let caller = caller.caller()?;
        let project = projects::create(&self.services, &caller, command, request).await?;
        let body: ProjectBody = replayable(project)?;
        let url = format!("/api/v1/projects/{}", body.id);
        let tag = revision_tag(Revision::FIRST);
        Ok(CreatedVersioned::Created(Json(body), url.into(), tag))
    }

    /// Get a project
    ///
    /// Requires `projects:read`.
    #[oai(path = "/:project_id", method = "get", operation_id = "get_project")]
    async fn get(
        &self,
        caller: Authentication,
        /// The project's id.
        project_id: Path<Uuid>,
        condition: IfNoneMatch,
    ) -> Result<Conditional<ProjectBody>, Problem> {
        let id = ProjectId::from_uuid(project_id.0);
        let project = projects::get(&self.services, &caller.caller()?, id).await?;
        Conditional::new(&condition, revision_tag(project.revision), project)
    }

    /// Update a project
    ///
    /// Responds 409 `already_exists` if the name is in use. Requires
    /// `projects:write`.
    #[oai(
        path = "/:project_id",
        method = "patch",
        operation_id = "update_project"
    )]
    async fn update(
        &self,
        caller: Authentication,
        /// The project's id.
        project_id: Path<Uuid>,
        condition: IfMatch,
        body: Json<UpdateProjectRequest>,
    ) -> Result<Versioned<ProjectBody>, ProblemWith<412>> {
        let UpdateProjectRequest { name, description } = body.0;
        let command = UpdateProject {
            id: ProjectId::from_uuid(project_id.0),
            name: name.map(String::from),
            description: patch(description),
            precondition: condition.precondition()?,
        };
        let project = projects::update(&self.services, &caller.caller()?, command).await?;
        let tag = revision_tag(project.revision);
        Ok(Versioned::Current(Json(project.into()), tag))
    }

    /// Delete a project
    ///
    /// Requires `projects:write`.
    #[oai(
        path = "/:project_id",
        method = "delete",
        operation_id = "delete_project"
    )]
    async fn delete(
        &self,
        caller: Authentication,
        /// The project's id.
        project_id: Path<Uuid>,
        condition: IfMatch,
    ) -> Result<NoContent, ProblemWith<412>> {
        let precondition = condition.precondition()?;
        let id = ProjectId::from_uuid(project_id.0);
        projects::delete(&self.services, &caller.caller()?, id, &precondition).await?;
        Ok(NoContent::Done)
    }
}
