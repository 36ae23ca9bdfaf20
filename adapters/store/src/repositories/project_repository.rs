//! Projects of one tenant.

use async_trait::async_trait;
use tenantry_application::ports::{PortError, ProjectFilter, ProjectRepository, ProjectSort};
use tenantry_domain::{id::ProjectId, project::Project};

use crate::{
    Backend, Condition, Query, TenantRows, rows::project::Column, sorted_list::SortedList,
};

#[async_trait]
impl<B: Backend> ProjectRepository for TenantRows<B> {
    async fn lookup(&self, id: ProjectId) -> Result<Option<Project>, PortError> {
        self.find_by_key(id).await
    }
}

impl SortedList for ProjectSort {
    fn column(self) -> Column {
        match self {
            Self::Name => Column::NameKey,
            Self::CreatedAt => Column::CreatedAt,
            Self::UpdatedAt => Column::UpdatedAt,
        }
    }

    fn filtered(query: Query<Project>, filter: &ProjectFilter) -> Query<Project> {
        query.filter_some(filter.search.as_deref(), |text| {
            Condition::Contains(Column::NameKey, text.to_owned())
        })
    }
}
