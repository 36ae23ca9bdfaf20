//! The middleware around all handlers, one concern per file.
//!
//! It is one endpoint instead of a chain of poem middlewares: the order is
//! explicit, and a request needs one context.

mod client;
mod compression;
mod context;
mod cors;
mod host;
mod location;
mod log;
mod request_id;
mod security_headers;
mod target;

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use http_body_util::{BodyExt, combinators::BoxBody};
use poem::{
    Body, Endpoint, IntoResponse, PathPattern, Request, Response, Result,
    http::{HeaderValue, header::CONNECTION},
};
use tenantry_application::{SecurityEvent, ports::IdGenerator};
use tenantry_domain::ClientNetwork;
use tokio::time::Instant;
use tracing::{Instrument, field::Empty};

use crate::{
    admission::{Gates, ParkingBody, Ticket, busy},
    options::HttpOptions,
    problem::{Problem, codes, from_poem},
    routes::Routes,
    server::{HandlerStart, OversizedHead, ReservedConnection, ResponseHold},
};

pub use client::Client;
pub use context::Context;

pub(crate) use compression::{accepts_gzip, gzip};
pub(crate) use request_id::REQUEST_ID;

/// An endpoint that responds to every request, even if the inner one panics.
pub(crate) struct Middleware<E> {
    endpoint: E,
    routes: Routes,
    ids: Arc<dyn IdGenerator>,
    proxies: client::TrustedProxies,
    cors: cors::Cors,
    security: security_headers::SecurityHeaders,
    gates: Arc<Gates>,
    json_limit: usize,
    base_path: Arc<str>,
}

impl<E: Endpoint> Middleware<E> {
    pub(crate) fn new(
        endpoint: E,
        routes: Routes,
        options: &HttpOptions,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self {
            endpoint,
            routes,
            ids,
            proxies: client::TrustedProxies::new(options.trusted_proxies.clone()),
            cors: cors::Cors::new(&options.cors_origins),
            security: security_headers::SecurityHeaders {
                https: options.https,
            },
            gates: Gates::new(options.admission),
            json_limit: options.json_limit_bytes,
            base_path: options.base_path.as_str().into(),
        }
    }

    /// Admits the request, and returns the response with a hold on the request
    /// until the response is sent.
    async fn admit_and_respond(&self, mut request: Request, context: &Context) -> Response {
        if request.data::<OversizedHead>().is_some() {
            return problem_response(&Problem::new(&codes::HEADERS_TOO_LARGE), context);
        }
        // A health check must get a response while the service is overloaded.
        if request.uri().path().starts_with(HEALTH) {
            return self.respond(request, context).await;
        }
        if request.data::<ReservedConnection>().is_some() {
            let mut response = problem_response(&busy(), context);
            // Makes room for health checks.
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
            return response;
        }
        let start = request.data::<HandlerStart>().cloned();
        let network = ClientNetwork::of(context.client().address);
        let ticket = match Ticket::admit(&self.gates, network).await {
            Ok(ticket) => context.admit(ticket),
            Err(problem) => return problem_response(&problem, context),
        };
        // From here on, the handler completes even if the client disconnects.
        if let Some(start) = start {
            start.mark();
        }
        park_body(&mut request, ticket);
        let mut response = self.respond(request, context).await;
        response.set_data(ResponseHold::new(ticket.finish()));
        if let Some(abort) = context.abort() {
            response.set_data(abort);
        }
        response
    }

    /// Returns the endpoint's response, or a problem in its place.
    async fn respond(&self, request: Request, context: &Context) -> Response {
        let outcome = match target::check(&request) {
            Ok(()) => {
                AssertUnwindSafe(self.endpoint.call(request))
                    .catch_unwind()
                    .await
            }
            Err(problem) => return problem_response(&problem, context),
        };
        match outcome {
            Ok(Ok(response)) => response.into_response(),
            Ok(Err(error)) => {
                let pattern = error.data::<PathPattern>().cloned();
                let problem = from_poem(error, &self.routes);
                let mut response = problem_response(&problem, context);
                if let Some(pattern) = pattern {
                    response.set_data(pattern);
                }
                response
            }
            // The panic hook has logged the panic.
            Err(_) => problem_response(
                &Problem::new(&codes::INTERNAL).caused_by("a request handler panicked"),
                context,
            ),
        }
    }
}

/// The paths that need no admission.
const HEALTH: &str = "/health";

/// Gives the permit back while the handler waits for the body.
fn park_body(request: &mut Request, ticket: &Ticket) {
    let body = request.take_body();
    if !body.is_empty() {
        let parking = ParkingBody::new(BoxBody::from(body), ticket.clone());
        request.set_body(Body::from(parking.boxed()));
    }
}

fn problem_response(problem: &Problem, context: &Context) -> Response {
    problem.log();
    let event = if problem.code() == &codes::ACCESS_DENIED {
        Some(SecurityEvent::AccessDenied)
    } else if problem.code() == &codes::RATE_LIMITED {
        Some(SecurityEvent::RateLimited)
    } else {
        None
    };
    if let Some(event) = event {
        event.log(&context.info());
    }
    problem.to_response(context.request_id(), context.base_path())
}

impl<E: Endpoint> Endpoint for Middleware<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let start = Instant::now();
        let request_id = request_id::accept_or_generate(request.headers(), &*self.ids);
        let client = self.proxies.client(&request);
        let context = Context::new(
            &request,
            request_id,
            client,
            self.json_limit,
            &self.base_path,
        );
        request.set_data(context.clone());
        let span = tracing::info_span!(
            "request",
            request.id = context.request_id(),
            tenant.id = Empty,
            user.id = Empty
        );

        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let gzip = compression::accepts_gzip(request.headers());
        let origin = self.cors.origin(request.headers());
        let mut response = match cors::Cors::preflight(&request, origin.as_ref()) {
            Some(preflight) => preflight,
            None => {
                let response = self.admit_and_respond(request, &context);
                response.instrument(span).await
            }
        };

        compression::apply(&mut response, gzip).await;
        let headers = response.headers_mut();
        location::apply(headers, &self.base_path);
        self.cors.apply(headers, origin);
        self.security.apply(headers);
        if let Ok(id) = HeaderValue::from_str(context.request_id()) {
            headers.insert(REQUEST_ID, id);
        }
        let route = response
            .data::<PathPattern>()
            .and_then(|pattern| self.routes.find(pattern))
            .map(|route| route.template().to_owned());
        let line = log::AccessLogLine {
            context,
            start,
            method,
            is_quiet: route.as_deref().is_some_and(|r| r.starts_with(HEALTH)),
            route: route.unwrap_or(path),
        };
        line.write(&mut response);
        Ok(response)
    }
}
