//! The operations, one resource a file. A handler translates, calls one use
//! case, and translates back.

mod audit;
mod auth;
mod files;
mod jobs;
mod storage;
mod tenants;
mod transfers;

mod body;
mod conditions;
mod paging;
mod range;

pub(crate) use audit::AuditApi;
pub(crate) use auth::AuthApi;
pub(crate) use files::{ContentApi, FilesApi};
pub(crate) use jobs::JobsApi;
pub(crate) use storage::StorageApi;
pub(crate) use tenants::TenantsApi;
pub(crate) use transfers::Transfers;
