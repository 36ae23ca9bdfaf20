//! The problem of one request.

use std::{error::Error as StdError, fmt, time::Duration};

use poem::{
    Response,
    error::ResponseError,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use poem_openapi::{
    ApiResponse,
    registry::{MetaResponses, Registry},
};

use super::{
    codes::{self, Code},
    shape::{FieldProblem, ProblemBody},
};

/// The content type of problems (RFC 9457).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// The default `Retry-After` of [`Retry::Later`](codes::Retry::Later).
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(2);

/// The error response of a request.
pub struct Problem(Box<Content>);

struct Content {
    code: &'static Code,
    detail: Option<String>,
    errors: Vec<FieldProblem>,
    headers: HeaderMap,
    retry_after: Option<Duration>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl Problem {
    /// Creates a problem with the code's default detail.
    pub fn new(code: &'static Code) -> Self {
        Self(Box::new(Content {
            code,
            detail: None,
            errors: Vec::new(),
            headers: HeaderMap::new(),
            retry_after: None,
            cause: None,
        }))
    }

    /// Creates the problem of an invalid value.
    pub fn field(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldProblem::new(field, code, message)])
    }

    /// Creates the problem of several invalid values.
    pub fn fields(errors: Vec<FieldProblem>) -> Self {
        let mut problem = Self::new(&codes::VALIDATION_FAILED);
        problem.0.errors = errors;
        problem
    }

    /// Sets the human-readable explanation of this occurrence; the default is
    /// the explanation of the code.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Sets a header of the response.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Sets the `Retry-After`, rounded up to seconds.
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Sets the cause, which is logged but never sent.
    pub fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Returns the problem's code.
    pub fn code(&self) -> &'static Code {
        self.0.code
    }

    /// Returns the response to the request of that id, served below `base_path`.
    pub fn to_response(&self, request_id: &str, base_path: &str) -> Response {
        let content = &self.0;
        let code = content.code;
        let body = ProblemBody {
            kind: code.type_uri(base_path),
            title: code.title.to_owned(),
            status: code.status.as_u16(),
            detail: content
                .detail
                .clone()
                .unwrap_or_else(|| code.explanation.to_owned()),
            code: code.name.to_owned(),
            request_id: request_id.to_owned(),
            errors: content.errors.clone(),
        };
        let mut response = Response::builder()
            .status(code.status)
            .body(serde_json::to_vec(&body).unwrap_or_default());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if code.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if code.retry == codes::Retry::Later {
            let wait = content.retry_after.unwrap_or(DEFAULT_RETRY_AFTER);
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        }
        headers.extend(
            content
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
        response
    }

    /// Logs the cause. Must be called within the request's span, which carries
    /// the request id.
    pub(crate) fn log(&self) {
        let content = &self.0;
        let cause = content.cause.as_deref().map(chain).unwrap_or_default();
        if content.code == &codes::INTERNAL {
            tracing::error!(problem.code = content.code.name, cause, "request failed");
        } else if content.code.status.is_server_error() && !cause.is_empty() {
            tracing::warn!(problem.code = content.code.name, cause, "request failed");
        } else {
            tracing::debug!(problem.code = content.code.name, cause, "request rejected");
        }
    }
}

/// Rounds up to whole seconds, at least one.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    let partial = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(partial).max(1)
}

/// Formats an error and its sources on one line.
fn chain(error: &(dyn StdError + Send + Sync + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("code", &self.0.code.name)
            .field("detail", &self.0.detail)
            .field("errors", &self.0.errors)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code.name)
    }
}

impl StdError for Problem {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let cause = self.0.cause.as_deref()?;
        Some(cause)
    }
}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        self.0.code.status
    }

    fn as_response(&self) -> Response {
        self.to_response("", "")
    }
}

impl ApiResponse for Problem {
    /// Returns no responses: the common problems follow from an operation's
    /// inputs and are added to the finished document.
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: Vec::new(),
        }
    }

    fn register(registry: &mut Registry) {
        use poem_openapi::types::Type as _;
        ProblemBody::register(registry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_round_up_to_whole_seconds() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (90_000, 90)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds);
        }
    }
}
