//! Rejection of ambiguous requests.

use percent_encoding::percent_decode_str;
use poem::{
    Request,
    http::{
        HeaderMap,
        header::{CONTENT_ENCODING, HeaderName, TRANSFER_ENCODING},
    },
};

use super::host;
use crate::problem::{Problem, codes};

/// Rejects requests that do not name one host, paths and queries that are not
/// UTF-8, and encoded bodies.
///
/// Inner decoders replace invalid UTF-8, which would merge distinct names; a
/// compressed body can be a thousand times larger than it appears.
pub(super) fn check(request: &Request) -> Result<(), Problem> {
    check_message(request)?;
    let target = request.uri().path_and_query().map_or("", |t| t.as_str());
    if target.contains('%') && percent_decode_str(target).decode_utf8().is_err() {
        return Err(
            Problem::new(&codes::MALFORMED_REQUEST).detail("The path or query is not valid UTF-8.")
        );
    }
    Ok(())
}

/// Rejects requests that do not name one host, and encoded bodies. It accepts a
/// preflight of a request that [`check`] rejects: the page can read the error of
/// the request, but not that of its preflight.
pub(super) fn check_message(request: &Request) -> Result<(), Problem> {
    host::check(request)?;
    let headers = request.headers();
    if !lists_only(headers, &CONTENT_ENCODING, "identity") {
        return Err(Problem::new(&codes::UNSUPPORTED_MEDIA_TYPE)
            .detail("Request bodies with a Content-Encoding are not supported."));
    }
    // The server decodes only chunks: any other coding would be taken for the
    // body itself.
    if !lists_only(headers, &TRANSFER_ENCODING, "chunked") {
        return Err(Problem::new(&codes::MALFORMED_REQUEST)
            .detail("The only supported Transfer-Encoding is chunked."));
    }
    Ok(())
}

/// Tests whether a header is absent or lists only `allowed`.
fn lists_only(headers: &HeaderMap, name: &HeaderName, allowed: &str) -> bool {
    let is_allowed = |coding: &str| coding.trim().eq_ignore_ascii_case(allowed);
    let values = headers.get_all(name);
    values
        .iter()
        .all(|value| value.to_str().is_ok_and(|v| v.split(',').all(is_allowed)))
}
