//! Rate limiting by client address, and the headers that report it.
//!
//! An operation with this limit takes a [`RateLimited`] or a [`PasswordAttempt`]
//! before its body, so that the request counts before its body is read, and
//! returns [`WithRateLimit`], which documents the headers.

use std::sync::Arc;

use poem::{
    FromRequest, IntoResponse, Request, RequestBody, Response,
    http::{HeaderName, HeaderValue},
};
use poem_openapi::{
    ApiResponse,
    registry::{MetaHeader, MetaResponses, Registry},
    types::Type,
};
use tenantry_application::{Error, Services, auth, ports::RateDecision};

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

/// A request that counts as one attempt from the client's address.
pub(crate) struct RateLimited(RateDecision);

/// A [`RateLimited`] request that hashes a password. It runs in the lanes of such
/// requests.
pub(crate) struct PasswordAttempt(RateLimited);

/// A response that reports the rate limit.
pub(crate) struct WithRateLimit<T> {
    response: T,
    decision: RateDecision,
}

impl RateLimited {
    /// Counts a request from the client's address.
    ///
    /// # Errors
    ///
    /// Fails with `rate_limited` when the limit is exceeded.
    async fn count(services: &Services, context: &Context) -> Result<Self, Problem> {
        let decision = auth::throttle(services, &context.info()).await?;
        if decision.allowed {
            return Ok(Self(decision));
        }
        let problem = Problem::new(&codes::RATE_LIMITED).retry_after(decision.reset_after);
        Err(headers(&decision).fold(problem, |problem, (name, value)| {
            problem.header(name, value)
        }))
    }

    /// Adds the state of the limit to a response.
    pub(crate) fn report<T>(self, response: T) -> WithRateLimit<T> {
        WithRateLimit {
            response,
            decision: self.0,
        }
    }
}

impl PasswordAttempt {
    /// Counts a request, and waits in the lanes of requests that hash a password.
    ///
    /// # Errors
    ///
    /// Fails with `rate_limited` when the limit is exceeded, and with `busy` when
    /// too many such requests are waiting.
    pub(crate) async fn begin(services: &Services, context: &Context) -> Result<Self, Problem> {
        let counted = RateLimited::count(services, context).await?;
        if let Some(ticket) = context.ticket() {
            ticket.hash_password().await?;
        }
        Ok(Self(counted))
    }

    /// Adds the state of the limit to a response.
    pub(crate) fn report<T>(self, response: T) -> WithRateLimit<T> {
        self.0.report(response)
    }
}

impl<'a> FromRequest<'a> for RateLimited {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let (services, context) = parts(request)?;
        Ok(Self::count(services, context).await?)
    }
}

impl<'a> FromRequest<'a> for PasswordAttempt {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let (services, context) = parts(request)?;
        Ok(Self::begin(services, context).await?)
    }
}

fn parts(request: &Request) -> Result<(&Services, &Context), Problem> {
    let services = request.data::<Arc<Services>>().map(Arc::as_ref);
    services.zip(Context::of(request)).ok_or_else(|| {
        Problem::from(Error::internal(
            "count a request: it has no services attached",
        ))
    })
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
