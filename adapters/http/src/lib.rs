//! The HTTP API, on poem and poem-openapi, with a custom server.
//!
//! - [`build`] creates the endpoint of all operations; [`Server`] serves it.
//! - [`openapi_document`] is the document of the same operations.
//! - [`problem`] defines the error responses.
//!
//! # Adding an operation
//!
//! 1. A resource is one file under `resources/` with a struct declared by
//!    `resource!` and one `#[OpenApi]` block of operations.
//! 2. An operation converts its arguments, calls one use case with the caller
//!    and converts the result. It returns `Result<_, Problem>`; `?` converts the
//!    use case's error. Statuses beyond the common ones are part of the type:
//!    `ProblemWith<412, 423>`.
//! 3. It has a summary (the first line of its comment, imperative), a
//!    description (the rest) and an `operation_id` in `snake_case`. Strings,
//!    integers and objects use the bounded types of `types/`, lists
//!    `validator(max_items)`; shared parameters are groups. JSON goes through
//!    [`payload::Json`], which validates against the schema. A response value
//!    that may be null is `#[oai(nullable)]`, one that may be absent
//!    `skip_serializing_if_is_none`.
//! 4. The resource is added to its area in `resources/mod.rs`, its tag to `Tag`.
//!
//! The middleware provides the rest: request id, log, problems for invalid
//! input, security headers and the document. Tests check the document for
//! missing bounds, descriptions and rate limits.

mod admission;
mod api;
mod caller;
mod docs;
mod document;
mod middleware;
mod options;
pub mod payload;
pub mod problem;
mod rate_limit;
mod resources;
mod routes;
pub mod server;
mod service;
mod state;
mod system;
mod tag;
mod tenant_selection;
mod types;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use poem::{Endpoint, EndpointExt, IntoEndpoint, Response};
use poem_openapi::OpenApi;
use tenantry_application::ports::IdGenerator;

pub use admission::AdmissionOptions;
pub use api::{openapi_document, openapi_document_yaml};
pub use middleware::{Client, Context};
pub use options::{HttpOptions, TenantSelection};
pub use problem::{Problem, ProblemWith};
pub use server::{Server, ServerOptions};
pub use state::State;
pub use system::HealthChecks;

/// Creates the endpoint of the whole API, which responds to every request.
pub fn build(
    options: &HttpOptions,
    state: &State,
) -> impl Endpoint<Output = Response> + 'static + use<> {
    let services = &state.services;
    assemble(
        api::resources(options, state),
        options,
        Arc::clone(&services.ids),
    )
    .data(Arc::clone(services))
    .data(options.tenant_selection.clone())
}

/// Creates the endpoint of health, version and configuration, for a process
/// that serves nothing else.
pub fn build_system(
    options: &HttpOptions,
    state: &State,
) -> impl Endpoint<Output = Response> + 'static + use<> {
    let resources = (
        api::system(options, state),
        problem::ProblemPages::new(&options.base_path),
    );
    assemble(resources, options, Arc::clone(&state.services.ids))
}

/// Wraps any API in the middleware.
fn assemble<A: OpenApi + 'static>(
    api: A,
    options: &HttpOptions,
    ids: Arc<dyn IdGenerator>,
) -> impl Endpoint<Output = Response> + 'static + use<A> {
    let mut table = routes::RouteTable::new();
    api.add_routes(&mut table);
    let routes = routes::Routes::of::<A>(&table);
    let service = service::service(service::Assembly::<A>::new(table));
    middleware::Middleware::new(service.into_endpoint(), routes, options, ids)
}
