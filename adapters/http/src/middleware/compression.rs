//! gzip compression of JSON and text responses.
//!
//! Never compressed: file content (it has ranges and may be of any type),
//! streams, responses with an `ETag` (which would then identify other bytes),
//! and responses with `Cache-Control: no-store` (the compressed size of secrets
//! next to client input reveals the secrets).

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http_body_util::{BodyExt as _, combinators::BoxBody};
use hyper::body::Body as _;
use poem::{
    Body, Response,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING,
            CONTENT_RANGE, CONTENT_TYPE, ETAG, VARY,
        },
    },
};

/// The minimum size; compressing less saves nothing.
const MIN_BYTES: u64 = 1024;
/// The maximum size; compressing more would block the thread.
const MAX_BYTES: u64 = 1024 * 1024;

/// The headers that exclude a response from compression.
static EXCLUSIONS: [HeaderName; 5] = [
    ACCEPT_RANGES,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_RANGE,
    ETAG,
];

/// Tests whether the client accepts gzip.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let is_excluded = weight
                .trim()
                .strip_prefix("q=")
                .and_then(|q| q.parse::<f32>().ok())
                .is_some_and(|q| q <= 0.0);
            name.trim().eq_ignore_ascii_case("gzip") && !is_excluded
        })
}

/// Compresses bytes with gzip.
pub(crate) fn gzip(bytes: &[u8], level: Compression) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), level);
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Compresses a response if it is eligible and the client accepts gzip.
pub(super) async fn apply(response: &mut Response, is_accepted: bool) {
    if !is_eligible(response) {
        return;
    }
    let body = BoxBody::from(response.take_body());
    let has_suitable_size = body
        .size_hint()
        .exact()
        .is_some_and(|size| (MIN_BYTES..=MAX_BYTES).contains(&size));
    if !has_suitable_size {
        response.set_body(Body::from(body));
        return;
    }
    response
        .headers_mut()
        .append(VARY, HeaderValue::from_static("accept-encoding"));
    if !is_accepted {
        response.set_body(Body::from(body));
        return;
    }
    // A body of known size is already in memory.
    let plain = match body.collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) => {
            response.set_body(Body::from_bytes_stream(broken(error)));
            return;
        }
    };
    match gzip(&plain, Compression::fast()) {
        Ok(compressed) if compressed.len() < plain.len() => {
            response
                .headers_mut()
                .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response.set_body(compressed);
        }
        _ => response.set_body(plain),
    }
}

fn broken(error: io::Error) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    futures_util::stream::once(std::future::ready(Err(error)))
}

fn is_eligible(response: &Response) -> bool {
    let headers = response.headers();
    let is_text = |value: &HeaderValue| {
        value.to_str().is_ok_and(|kind| {
            kind.starts_with("text/")
                || kind.starts_with("application/json")
                || kind.starts_with("application/problem+json")
        })
    };
    response.status() != StatusCode::PARTIAL_CONTENT
        && headers.get(CONTENT_TYPE).is_some_and(is_text)
        && headers
            .get(CACHE_CONTROL)
            .is_none_or(|value| value.as_bytes() != b"no-store")
        && !EXCLUSIONS.iter().any(|name| headers.contains_key(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_accepted_as_the_client_states() {
        for (value, expected) in [
            ("gzip", true),
            ("br, gzip;q=0.5", true),
            ("GZIP", true),
            ("gzip;q=0", false),
            ("br", false),
            ("*", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(accepts_gzip(&headers), expected, "{value:?}");
        }
    }

    fn page(kind: &str) -> Response {
        Response::builder()
            .content_type(kind)
            .body("tenantry ".repeat(1000))
    }

    #[tokio::test]
    async fn only_eligible_text_is_compressed() {
        let mut response = page("application/json");
        apply(&mut response, true).await;
        assert_eq!(response.header(CONTENT_ENCODING), Some("gzip"));
        assert_eq!(response.header(VARY), Some("accept-encoding"));

        for (name, value) in [
            (CONTENT_ENCODING, "br"),
            (ACCEPT_RANGES, "bytes"),
            (CACHE_CONTROL, "no-store"),
            (ETAG, "\"1\""),
        ] {
            let mut response = page("text/plain");
            response
                .headers_mut()
                .insert(&name, HeaderValue::from_static(value));
            apply(&mut response, true).await;
            assert_ne!(response.header(CONTENT_ENCODING), Some("gzip"), "{name}");
        }
        let mut response = page("application/octet-stream");
        apply(&mut response, true).await;
        assert_eq!(response.header(CONTENT_ENCODING), None);
        let mut small = Response::builder().content_type("text/plain").body("x");
        apply(&mut small, true).await;
        assert_eq!(small.header(CONTENT_ENCODING), None);
    }
}
