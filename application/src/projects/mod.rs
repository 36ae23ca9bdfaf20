//! Projects of a tenant.

mod create;
mod delete;
mod get;
mod list;
mod update;

pub use create::{CreateProject, create};
pub use delete::delete;
pub use get::get;
pub use list::{ListProjects, list};
pub use update::{UpdateProject, update};
