//! Rate limits of operations without a caller, and the headers that report them.
//!
//! Such an operation takes a [`SignInAttempt`] or a [`RegistrationAttempt`] before
//! its body, so that the request counts before its body is read, or counts by its
//! token. It returns [`WithRateLimit`], which documents the headers.

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
use tenantry_application::{
    Error, RequestInfo, Services, auth,
    ports::{RateDecision, RateRule},
};

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

/// The state of a rate limit that a request has passed.
pub(crate) struct RateLimited(RateDecision);

/// A sign-in, which counts as a failure of the client's network until it does not
/// fail. It runs in the lanes of requests that hash a password.
pub(crate) struct SignInAttempt {
    limit: RateLimited,
    request: RequestInfo,
}

/// A registration, which counts for the client's network. It runs in the lanes of
/// requests that hash a password.
pub(crate) struct RegistrationAttempt(RateLimited);

/// A response that reports the rate limit.
pub(crate) struct WithRateLimit<T> {
    response: T,
    decision: RateDecision,
}

impl RateLimited {
    /// Returns the limit of an allowed attempt.
    ///
    /// # Errors
    ///
    /// Fails with `rate_limited` when the limit is exceeded.
    pub(crate) fn pass(decision: RateDecision) -> Result<Self, Problem> {
        if decision.allowed {
            return Ok(Self(decision));
        }
        let problem = Problem::new(&codes::RATE_LIMITED).retry_after(decision.reset_after);
        Err(headers(&decision).fold(problem, |problem, (name, value)| {
            problem.header(name, value)
        }))
    }

    /// Counts a request of the client's network.
    async fn count(
        services: &Services,
        rule: RateRule,
        request: &RequestInfo,
    ) -> Result<Self, Problem> {
        Self::pass(auth::throttle(services, rule, request).await?)
    }

    /// Adds the state of the limit to a response.
    pub(crate) fn report<T>(self, response: T) -> WithRateLimit<T> {
        WithRateLimit {
            response,
            decision: self.0,
        }
    }
}

impl SignInAttempt {
    /// Gives the attempt back unless the credentials were wrong, and returns the
    /// outcome.
    ///
    /// # Errors
    ///
    /// Fails with the error of the sign-in.
    pub(crate) async fn settle<T>(
        self,
        services: &Services,
        outcome: Result<T, Error>,
    ) -> Result<WithRateLimit<T>, Problem> {
        let limit = match &outcome {
            Err(Error::Unauthorized) => self.limit,
            _ => RateLimited(auth::refund(services, RateRule::Auth, &self.request).await?),
        };
        Ok(limit.report(outcome?))
    }
}

impl RegistrationAttempt {
    /// Adds the state of the limit to a response.
    pub(crate) fn report<T>(self, response: T) -> WithRateLimit<T> {
        self.0.report(response)
    }
}

impl<T> WithRateLimit<T> {
    /// Converts the response.
    pub(crate) fn map<U>(self, convert: impl FnOnce(T) -> U) -> WithRateLimit<U> {
        WithRateLimit {
            response: convert(self.response),
            decision: self.decision,
        }
    }
}

/// Waits in the lanes of requests that hash a password.
///
/// # Errors
///
/// Fails with `busy` when too many such requests are waiting.
pub(crate) async fn enter_password_lane(context: &Context) -> Result<(), Problem> {
    match context.ticket() {
        Some(ticket) => ticket.hash_password().await,
        None => Ok(()),
    }
}

impl<'a> FromRequest<'a> for SignInAttempt {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let (services, context) = parts(request)?;
        let info = context.info();
        let limit = RateLimited::count(services, RateRule::Auth, &info).await?;
        enter_password_lane(context).await?;
        Ok(Self {
            limit,
            request: info,
        })
    }
}

impl<'a> FromRequest<'a> for RegistrationAttempt {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let (services, context) = parts(request)?;
        let limit = RateLimited::count(services, RateRule::Registration, &context.info()).await?;
        enter_password_lane(context).await?;
        Ok(Self(limit))
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
