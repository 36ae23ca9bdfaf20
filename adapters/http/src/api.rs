//! All operations as one API and one document.

use std::{marker::PhantomData, sync::Arc};

use poem_openapi::{
    ContactObject, LicenseObject, OpenApi, OpenApiService,
    registry::{MetaApi, Registry},
};

use crate::{
    docs::DocumentPages,
    options::HttpOptions,
    problem::ProblemPages,
    resources::{
        AuditApi, AuthApi, ContentApi, FilesApi, JobsApi, StorageApi, TenantsApi, Transfers,
    },
    routes::RouteTable,
    state::State,
    system::System,
};

/// Every resource. Tuples nest where sixteen are not enough.
pub(crate) type Resources = (
    AuthApi,
    TenantsApi,
    FilesApi,
    ContentApi,
    StorageApi,
    JobsApi,
    AuditApi,
    Transfers,
    System,
    ProblemPages,
    DocumentPages,
);

/// The resources with what they work on.
pub(crate) fn resources(options: &HttpOptions, state: &State) -> Resources {
    let services = || Arc::clone(&state.services);
    (
        AuthApi::new(services()),
        TenantsApi::new(services()),
        FilesApi::new(services()),
        ContentApi::new(services()),
        StorageApi::new(services()),
        JobsApi::new(services()),
        AuditApi::new(services()),
        Transfers::new(services()),
        system(options, state),
        ProblemPages,
        DocumentPages,
    )
}

/// The service about itself.
pub(crate) fn system(options: &HttpOptions, state: &State) -> System {
    let tokens = Arc::clone(&state.services.access_tokens);
    System::new(options, state.health.clone(), tokens)
}

const DESCRIPTION: &str = "\
Tenants, people, roles, files, jobs and audit behind one API.

Ids are UUIDs, times RFC 3339 in UTC, sizes bytes. Unknown request fields are \
refused. Errors are `application/problem+json`, each explained at \
`/problems/{code}`; those with status 429 or 503 say in `Retry-After` when to \
try again. Every answer names its request in `X-Request-Id`.";

/// Title, version and the like around `A`.
pub(crate) fn service<A: OpenApi>(api: A) -> OpenApiService<A, ()> {
    OpenApiService::new(api, "Tenantry", env!("CARGO_PKG_VERSION"))
        .description(DESCRIPTION)
        .license(
            LicenseObject::new("MIT OR Apache-2.0")
                .url("https://spdx.org/licenses/Apache-2.0.html"),
        )
        .contact(ContactObject::new().name("Tenantry"))
        .server("/")
}

/// The operations of `A` with the endpoints of `table`: all of them, or none
/// where only the metadata matters.
pub(crate) struct Assembled<A> {
    table: RouteTable,
    api: PhantomData<A>,
}

impl<A: OpenApi> Assembled<A> {
    /// The metadata alone, which needs no state.
    pub(crate) fn described() -> Self {
        Self::new(RouteTable::new())
    }

    /// With the endpoints that `A` made.
    pub(crate) fn new(table: RouteTable) -> Self {
        Self {
            table,
            api: PhantomData,
        }
    }
}

impl<A: OpenApi> OpenApi for Assembled<A> {
    fn meta() -> Vec<MetaApi> {
        A::meta()
    }

    fn register(registry: &mut Registry) {
        A::register(registry);
    }

    fn add_routes(self, table: &mut RouteTable) {
        table.extend(self.table);
    }
}
