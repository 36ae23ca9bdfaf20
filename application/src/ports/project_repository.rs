//! The projects of one tenant.

use async_trait::async_trait;
use tenantry_domain::{id::ProjectId, project::Project};

use super::{ListRepository, PortError, Position, SortKey, SortOrder};

/// Reads projects of the tenant that the store was opened for.
#[async_trait]
pub trait ProjectRepository: ListRepository<ProjectSort> {
    /// Returns the project with this id.
    async fn lookup(&self, id: ProjectId) -> Result<Option<Project>, PortError>;
}

/// A filter on projects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProjectFilter {
    /// Only projects whose folded name contains this folded text.
    pub search: Option<String>,
}

/// The sort orders of projects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProjectSort {
    /// The folded name.
    Name,
    /// The time of creation.
    CreatedAt,
    /// The time of the last change.
    UpdatedAt,
}

impl SortOrder for ProjectSort {
    type Item = Project;
    type Filter = ProjectFilter;

    const ALL: &'static [Self] = &[Self::Name, Self::CreatedAt, Self::UpdatedAt];

    fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
        }
    }

    fn position(self, project: &Project) -> Position {
        let key = match self {
            Self::Name => SortKey::Text(project.name.key().to_owned()),
            Self::CreatedAt => SortKey::Number(project.created_at.as_millis()),
            Self::UpdatedAt => SortKey::Number(project.updated_at.as_millis()),
        };
        Position {
            key,
            id: project.id.as_uuid(),
        }
    }
}
