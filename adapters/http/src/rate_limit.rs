//! The limit on operations that take a password or a token, and how an
//! operation announces it.

use poem::http::{HeaderName, HeaderValue};
use poem_openapi::payload::Response;
use tenantry_application::{Services, auth, ports::RateDecision};

use crate::{
    middleware::Context,
    problem::{Problem, codes, whole_seconds},
};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// A try that may go on.
pub(crate) struct Admitted(RateDecision);

/// Counts a try from the client's address; refused where there were too many.
pub(crate) async fn admit(services: &Services, context: &Context) -> Result<Admitted, Problem> {
    let decision = auth::throttle(services, &context.info()).await?;
    if decision.allowed {
        return Ok(Admitted(decision));
    }
    let problem = Problem::new(&codes::RATE_LIMITED).retry_after(decision.reset_after);
    Err(headers(&decision)
        .into_iter()
        .fold(problem, |problem, (name, value)| {
            problem.header(name, value)
        }))
}

impl Admitted {
    /// The answer with what is left of the limit.
    pub(crate) fn with<T>(&self, answer: T) -> Response<T> {
        headers(&self.0)
            .into_iter()
            .fold(Response::new(answer), |answer, (name, value)| {
                answer.header(name, value)
            })
    }
}

fn headers(decision: &RateDecision) -> [(HeaderName, HeaderValue); 3] {
    let reset = whole_seconds(decision.reset_after);
    [
        (LIMIT, HeaderValue::from(decision.limit)),
        (REMAINING, HeaderValue::from(decision.remaining)),
        (RESET, HeaderValue::from(reset)),
    ]
}
