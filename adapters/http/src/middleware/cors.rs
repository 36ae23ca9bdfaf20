//! Cross-origin resource sharing, disabled unless origins are configured.
//!
//! poem's middleware rejects requests from other origins, accepts a preflight
//! if one of its headers is allowed instead of all, and does not set `Vary`.

use std::collections::HashSet;

use poem::{
    Request, Response,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
            ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
            ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN, VARY,
        },
    },
};

use super::target;

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// The request headers that the API reads.
const REQUEST_HEADERS: &str = "Authorization, Content-Type, Idempotency-Key, If-Match, \
     If-None-Match, If-Range, Last-Event-ID, Range, Tus-Resumable, Upload-Checksum, \
     Upload-Length, Upload-Metadata, Upload-Offset, X-API-Key, X-CSRF-Token, X-Request-Id, \
     X-Tenant-ID";

const EXPOSED_HEADERS: &str = "Accept-Ranges, Allow, Content-Disposition, Content-Range, ETag, \
     Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, \
     Tus-Resumable, Upload-Expires, Upload-Offset, WWW-Authenticate, X-Request-Id";

/// The question of a browser whether a page of a public network may send requests
/// to a private one, and its permission. An origin is allowed on any network.
static REQUEST_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
static ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");

/// The maximum number of headers that a preflight may ask for.
const MAX_REQUESTED_HEADERS: usize = 64;

/// The time a browser may cache a preflight, in seconds.
const PREFLIGHT_SECONDS: &str = "600";

/// The origins that may send requests from a browser, with credentials.
#[derive(Debug, Clone, Default)]
pub(super) struct Cors(HashSet<HeaderValue>);

impl Cors {
    /// Accepts origins in the form of the `Origin` header, such as
    /// `https://app.example.com`.
    pub(super) fn new(origins: &[String]) -> Self {
        let values = origins
            .iter()
            .filter_map(|origin| HeaderValue::from_str(origin).ok());
        Self(values.collect())
    }

    /// Returns the request's origin if it is allowed.
    pub(super) fn origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(headers.get(ORIGIN)?).cloned()
    }

    /// Responds to a valid preflight from an allowed origin.
    pub(super) fn preflight(request: &Request, origin: Option<&HeaderValue>) -> Option<Response> {
        origin?;
        if request.method() != Method::OPTIONS
            || !request
                .headers()
                .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
            || target::check_message(request).is_err()
        {
            return None;
        }
        let mut response = Response::builder()
            .status(StatusCode::NO_CONTENT)
            .header(ACCESS_CONTROL_ALLOW_METHODS, METHODS)
            .header(
                ACCESS_CONTROL_ALLOW_HEADERS,
                allowed_headers(request.headers()),
            )
            .header(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS)
            .header(VARY, ACCESS_CONTROL_REQUEST_HEADERS)
            .finish();
        let network = request.headers().get(&REQUEST_PRIVATE_NETWORK);
        if network.is_some_and(|value| value == "true") {
            let allowed = HeaderValue::from_static("true");
            response
                .headers_mut()
                .insert(&ALLOW_PRIVATE_NETWORK, allowed);
        }
        Some(response)
    }

    /// Allows the origin to read the response.
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

/// Returns the headers that a page of an allowed origin may send: those of the
/// API, and any other that it asks for.
///
/// Upload widgets, tracing libraries and SDKs add further headers
/// (`traceparent`, `sentry-trace`, `X-Requested-With`), which the service
/// ignores. A browser would block the whole request if one were missing, and the
/// wildcard does not apply to requests with credentials.
fn allowed_headers(headers: &HeaderMap) -> String {
    let mut allowed = REQUEST_HEADERS.to_owned();
    let requested = headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let requested = requested.filter_map(|value| value.to_str().ok());
    let names = requested.flat_map(|names| names.split(',')).map(str::trim);
    for name in names.take(MAX_REQUESTED_HEADERS) {
        let is_known = |known: &str| known.trim().eq_ignore_ascii_case(name);
        if HeaderName::from_bytes(name.as_bytes()).is_ok() && !allowed.split(',').any(is_known) {
            allowed.push_str(", ");
            allowed.push_str(name);
        }
    }
    allowed
}
