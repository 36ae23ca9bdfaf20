//! Projects: the common context of files and people within a tenant.

use crate::{
    Revision, Timestamp,
    description::Description,
    id::{ProjectId, TenantId, UserId},
    name::ProjectName,
};

/// A project of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The project's id.
    pub id: ProjectId,
    /// The tenant that owns the project.
    pub tenant_id: TenantId,
    /// The name, unique within the tenant, ignoring case.
    pub name: ProjectName,
    /// A human-readable description.
    pub description: Option<Description>,
    /// The user who created the project.
    pub created_by: UserId,
    /// The creation time.
    pub created_at: Timestamp,
    /// The time of the last change.
    pub updated_at: Timestamp,
    /// The row's revision.
    pub revision: Revision,
}
