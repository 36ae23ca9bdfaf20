//! Rate limiting by client address, and the headers that report it.
//!
//! An operation with this limit calls [`admit`] and returns [`WithRateLimit`],
//! which documents the headers.

use poem::{
    IntoResponse, Response,
    http::{HeaderName, HeaderValue},
};
use poem_openapi::{
    ApiResponse,
    registry::{MetaHeader, MetaResponses, Registry},
    types::Type,
};
use tenantry_application::{Services, auth, ports::RateDecision};

use crate::{
    middleware::Context,
    problem::{Problem, codes, whole_seconds},
};

/// The headers, their names in the document and their descriptions.
static HEADERS: [(HeaderName, &str, &str); 3] = [
    (
        HeaderName::from_static("ratelimit-limit"),
        "RateLimit-Limit",
        "The maximum number of requests in a burst.",
    ),
    (
        HeaderName::from_static("ratelimit-remaining"),
        "RateLimit-Remaining",
        "The number of requests left.",
    ),
    (
        HeaderName::from_static("ratelimit-reset"),
        "RateLimit-Reset",
        "The number of seconds until the limit is fully restored.",
    ),
];

/// The permission to execute one rate-limited request.
pub(crate) struct Admission(RateDecision);

/// A response that reports the rate limit.
pub(crate) struct WithRateLimit<T> {
    response: T,
    decision: RateDecision,
}

/// Counts a request from the client's address.
///
/// # Errors
///
/// Fails with `rate_limited` when the limit is exceeded.
pub(crate) async fn admit(services: &Services, context: &Context) -> Result<Admission, Problem> {
    let decision = auth::throttle(services, &context.info()).await?;
    if decision.allowed {
        return Ok(Admission(decision));
    }
    let problem = Problem::new(&codes::RATE_LIMITED).retry_after(decision.reset_after);
    Err(headers(&decision).fold(problem, |problem, (name, value)| {
        problem.header(name, value)
    }))
}

impl Admission {
    /// Adds the state of the limit to a response.
    pub(crate) fn report<T>(self, response: T) -> WithRateLimit<T> {
        WithRateLimit {
            response,
            decision: self.0,
        }
    }
}

fn headers(decision: &RateDecision) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
    let values = [
        HeaderValue::from(decision.limit),
        HeaderValue::from(decision.remaining),
        HeaderValue::from(whole_seconds(decision.reset_after)),
    ];
    HEADERS.iter().map(|(name, ..)| name.clone()).zip(values)
}

impl<T: IntoResponse> IntoResponse for WithRateLimit<T> {
    fn into_response(self) -> Response {
        let mut response = self.response.into_response();
        response.headers_mut().extend(headers(&self.decision));
        response
    }
}

impl<T: ApiResponse> ApiResponse for WithRateLimit<T> {
    fn meta() -> MetaResponses {
        let mut meta = T::meta();
        for response in &mut meta.responses {
            let headers = HEADERS.iter().map(|(_, name, description)| MetaHeader {
                name: (*name).to_owned(),
                description: Some((*description).to_owned()),
                required: true,
                deprecated: false,
                schema: u32::schema_ref(),
            });
            response.headers.extend(headers);
        }
        meta
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}
