//! The HTTP API, on poem and poem-openapi, over a server of its own.
//!
//! - [`build`] makes one endpoint of all operations; [`Server`] serves it.
//! - [`openapi_document`] is the document of the same operations.
//! - [`problem`] is the one shape of every answer that says no.
//!
//! # How an operation is added
//!
//! 1. A resource is one file with one struct that holds what it works on, made
//!    from [`State`], and one `#[OpenApi]` block of operations.
//! 2. An operation translates its arguments, calls one use case with the
//!    caller, translates the answer. It returns `Result<_, Problem>`; the use
//!    case's error becomes the problem by `?`. Statuses beyond the common ones
//!    stand in the type: `ProblemWith<412, 423>`.
//! 3. It has a summary (the first line of its comment), a description (the
//!    rest), an `operation_id` in `snake_case`, and bounds on every text, list
//!    and number. JSON goes through [`payload::Json`], which refuses what
//!    the schema does not name. A value that may be null in an answer is
//!    `#[oai(nullable)]`, one that may be absent `skip_serializing_if_is_none`.
//! 4. The resource joins `Resources` in `api.rs`, its tag `Tag`.
//!
//! Everything else (request id, log, problems for what does not parse, security
//! headers, the document) comes with the frame.

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
mod state;
mod system;
mod tag;
mod tenant_selection;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use poem::{Endpoint, EndpointExt, IntoEndpoint, Response};
use poem_openapi::OpenApi;
use tenantry_application::ports::IdGenerator;

pub use document::{openapi_document, openapi_document_yaml};
pub use middleware::{Client, Context};
pub use options::HttpOptions;
pub use problem::{Problem, ProblemWith};
pub use server::{Server, ServerOptions};
pub use state::State;
pub use system::HealthChecks;
pub use tenant_selection::TenantSelection;

/// The whole API as one endpoint that answers every request.
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

/// Health, version and the like alone: for a process that serves nothing else.
pub fn build_system(
    options: &HttpOptions,
    state: &State,
) -> impl Endpoint<Output = Response> + 'static + use<> {
    let resources = (api::system(options, state), problem::ProblemPages);
    assemble(resources, options, Arc::clone(&state.services.ids))
}

/// Any API within the frame.
fn assemble<A: OpenApi + 'static>(
    api: A,
    options: &HttpOptions,
    ids: Arc<dyn IdGenerator>,
) -> impl Endpoint<Output = Response> + 'static + use<A> {
    let mut table = routes::RouteTable::new();
    api.add_routes(&mut table);
    let routes = routes::Routes::of::<A>(&table);
    let service = api::service(api::Assembled::<A>::new(table));
    middleware::Middleware::new(service.into_endpoint(), routes, options, ids)
}
