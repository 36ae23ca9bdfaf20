//! The operations, one resource a file. A handler translates, calls one use
//! case, and translates back.

mod audit;
mod auth;
mod files;
mod jobs;
mod storage;
mod tenants;

mod body;
mod conditions;
mod paging;

pub(crate) use audit::AuditApi;
pub(crate) use auth::AuthApi;
pub(crate) use files::{ContentApi, FilesApi};
pub(crate) use jobs::JobsApi;
pub(crate) use storage::StorageApi;
pub(crate) use tenants::TenantsApi;
