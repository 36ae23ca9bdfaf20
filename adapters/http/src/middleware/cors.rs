//! Cross-origin requests from browsers: none, unless origins are configured.
//!
//! poem's own middleware answers a request from any other origin with an
//! error, accepts a preflight when one of its headers is allowed rather than
//! all, and forgets `Vary`.

use std::collections::HashSet;

use poem::{
    Request, Response,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
            ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
            ORIGIN, VARY,
        },
    },
};

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

const REQUEST_HEADERS: &str = "Authorization, Content-Type, Idempotency-Key, If-Match, \
     If-None-Match, If-Range, Last-Event-ID, Range, Tus-Resumable, Upload-Checksum, \
     Upload-Length, Upload-Metadata, Upload-Offset, X-API-Key, X-CSRF-Token, X-Request-Id, \
     X-Tenant-ID";

const EXPOSED_HEADERS: &str = "Accept-Ranges, Content-Disposition, Content-Range, ETag, \
     Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, \
     Tus-Resumable, Upload-Expires, Upload-Offset, X-Request-Id";

/// Seconds a browser may remember a preflight.
const PREFLIGHT_SECONDS: &str = "600";

/// The origins that may call from a browser, with credentials.
#[derive(Debug, Clone, Default)]
pub(super) struct Cors(HashSet<HeaderValue>);

impl Cors {
    /// Origins as browsers write them: `https://app.example.com`.
    pub(super) fn new(origins: &[String]) -> Self {
        let values = origins
            .iter()
            .filter_map(|origin| HeaderValue::from_str(origin).ok());
        Self(values.collect())
    }

    /// The request's origin, if it is one of ours.
    pub(super) fn origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(headers.get(ORIGIN)?).cloned()
    }

    /// The answer to a preflight from an origin of ours.
    pub(super) fn preflight(request: &Request, origin: Option<&HeaderValue>) -> Option<Response> {
        origin?;
        if request.method() != Method::OPTIONS
            || !request
                .headers()
                .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        {
            return None;
        }
        let answer = Response::builder()
            .status(StatusCode::NO_CONTENT)
            .header(ACCESS_CONTROL_ALLOW_METHODS, METHODS)
            .header(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS)
            .header(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS)
            .finish();
        Some(answer)
    }

    /// Tells the browser that the origin may read the answer.
    pub(super) fn apply(&self, headers: &mut HeaderMap, origin: Option<HeaderValue>) {
        if self.0.is_empty() {
            return;
        }
        headers.append(VARY, HeaderValue::from_static("origin"));
        let Some(origin) = origin else {
            return;
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED_HEADERS),
        );
    }
}
