//! Headers that restrict how browsers treat a response.

use poem::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
        X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
};

/// One year, without subdomains, which others may operate.
const TRANSPORT_SECURITY: &str = "max-age=31536000";

static ALWAYS: [(HeaderName, &str); 6] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (
        CONTENT_SECURITY_POLICY,
        // The last three are no part of the default.
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
];

/// The security headers of every response.
#[derive(Debug, Clone, Copy)]
pub(super) struct SecurityHeaders {
    /// Whether clients reach the service over TLS.
    pub(super) https: bool,
}

impl SecurityHeaders {
    /// Adds the headers that the response does not set itself.
    pub(super) fn apply(self, headers: &mut HeaderMap) {
        for (name, value) in &ALWAYS {
            headers
                .entry(name)
                .or_insert_with(|| HeaderValue::from_static(value));
        }
        if self.https {
            headers
                .entry(STRICT_TRANSPORT_SECURITY)
                .or_insert_with(|| HeaderValue::from_static(TRANSPORT_SECURITY));
        }
        // Only a response with a version may be stored, and must be revalidated.
        let caching = if headers.contains_key(ETAG) {
            "private, no-cache"
        } else {
            "no-store"
        };
        headers
            .entry(CACHE_CONTROL)
            .or_insert_with(|| HeaderValue::from_static(caching));
    }
}
