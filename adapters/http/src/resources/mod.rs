//! The operations, one resource per file. A handler converts its arguments,
//! calls one use case and converts the result.

mod audit;
mod auth;
mod files;
mod jobs;
mod projects;
mod settings;
mod storage;
mod tenants;
mod transfers;

mod body;
mod conditions;
mod entity_tag;
mod enums;
mod idempotency;
mod multipart_ranges;
mod paging;
mod patch;
mod range;
mod resource;
mod response;
mod texts;

use std::sync::Arc;

use tenantry_application::Services;

pub(crate) use transfers::Transfers;

use audit::AuditApi;
use auth::{CurrentUserApi, RegistrationApi, SessionsApi};
use files::{ContentApi, FilesApi, FormUploadsApi, UploadsApi, VersionsApi};
use jobs::JobsApi;
use projects::ProjectsApi;
use settings::SettingsApi;
use storage::StorageApi;
use tenants::TenantsApi;

/// Nests resources in pairs: poem-openapi's tuples end at 16 members.
macro_rules! nest {
    (type) => { () };
    (type $head:ident $($tail:ident)*) => { ($head, nest!(type $($tail)*)) };
    (value $services:ident) => { () };
    (value $services:ident $head:ident $($tail:ident)*) => {
        ($head::new($services), nest!(value $services $($tail)*))
    };
}

macro_rules! resources {
    ($($area:literal: [$($resource:ident),+],)+) => {
        /// The documented operations of all resources.
        pub(crate) type Operations = nest!(type $($($resource)+)+);

        /// Creates the resources with the services that they use.
        pub(crate) fn operations(services: &Arc<Services>) -> Operations {
            nest!(value services $($($resource)+)+)
        }
    };
}

resources! {
    "auth": [RegistrationApi, SessionsApi, CurrentUserApi],
    "tenants": [TenantsApi, SettingsApi],
    "files": [FilesApi, FormUploadsApi, UploadsApi, ContentApi, VersionsApi],
    "projects": [ProjectsApi],
    "storage": [StorageApi],
    "jobs": [JobsApi],
    "audit": [AuditApi],
}
