//! The OpenAPI service around a set of resources.

use std::marker::PhantomData;

use poem_openapi::{
    ContactObject, LicenseObject, OpenApi, OpenApiService,
    registry::{MetaApi, MetaPath, Registry},
};

use crate::{routes::RouteTable, types};

const DESCRIPTION: &str = "\
Multi-tenant backend: tenants, users, roles, files, jobs and audit.

Ids are UUIDs, times are RFC 3339 in UTC, sizes are in bytes. Unknown request \
fields are rejected. Errors are `application/problem+json` (RFC 9457), and each \
code is explained at `/problems/{code}`; errors with status 429 or 503 state in \
`Retry-After` when to retry. Every response carries its request id in \
`X-Request-Id`.";

/// Creates the service of `A` with the metadata of the document.
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

/// The metadata of `A` with the endpoints of a route table, which is empty if
/// only the document is needed.
pub(crate) struct Assembly<A> {
    table: RouteTable,
    api: PhantomData<A>,
}

impl<A: OpenApi> Assembly<A> {
    /// Combines the metadata of `A` with its endpoints.
    pub(crate) fn new(table: RouteTable) -> Self {
        Self {
            table,
            api: PhantomData,
        }
    }

    /// Takes only the metadata of `A`, which needs no state.
    pub(crate) fn metadata() -> Self {
        Self::new(RouteTable::new())
    }
}

impl<A: OpenApi> OpenApi for Assembly<A> {
    /// Returns the operations with their groups of parameters expanded. The
    /// operations of one path are merged, since several resources may share it.
    fn meta() -> Vec<MetaApi> {
        let mut paths: Vec<MetaPath> = Vec::new();
        for mut path in A::meta().into_iter().flat_map(|api| api.paths) {
            for operation in &mut path.operations {
                let parameters = std::mem::take(&mut operation.params);
                operation.params = parameters.into_iter().flat_map(types::expand).collect();
            }
            match paths.iter_mut().find(|known| known.path == path.path) {
                Some(known) => known.operations.append(&mut path.operations),
                None => paths.push(path),
            }
        }
        vec![MetaApi { paths }]
    }

    fn register(registry: &mut Registry) {
        A::register(registry);
    }

    fn add_routes(self, table: &mut RouteTable) {
        table.extend(self.table);
    }
}
