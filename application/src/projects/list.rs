//! Listing projects.

use tenantry_domain::{permission::Permission, project::Project, text};

use crate::{
    caller::Caller,
    error::{Checks, Result},
    listing::{CursorScope, Listing},
    paging::{Page, PageRequest},
    ports::{ProjectFilter, ProjectSort},
    services::Services,
};

/// A query for projects.
#[derive(Debug, Clone)]
pub struct ListProjects {
    /// Only projects whose name contains this text, ignoring case.
    pub search: Option<String>,
    /// The sort order.
    pub sort: ProjectSort,
    /// Whether the order is descending.
    pub descending: bool,
    /// The page.
    pub page: PageRequest,
}

/// Returns one page of the projects of the caller's tenant.
pub async fn list(
    services: &Services,
    caller: &Caller,
    query: ListProjects,
) -> Result<Page<Project>> {
    caller.require(Permission::ProjectsRead)?;
    let mut checks = Checks::new();
    let search = checks.take_optional("search", query.search.as_deref(), text::search_key);
    checks.done()?;
    let filter = ProjectFilter { search };
    let scope =
        CursorScope::new("projects", caller.tenant_id()).with("search", filter.search.as_ref());
    let order = (query.sort, query.descending);
    let listing = Listing::new(services, scope, filter, order, query.page)?;
    let store = services.store.open(caller.tenant).await?;
    listing.read(services, store.projects()).await
}
