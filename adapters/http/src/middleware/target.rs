//! Refuses what would only be read by guessing.

use percent_encoding::percent_decode_str;
use poem::{
    Request,
    http::{
        HeaderMap,
        header::{CONTENT_ENCODING, HeaderName, TRANSFER_ENCODING},
    },
};

use crate::problem::{Problem, codes};

/// A request whose path and query are text and whose body is as it is.
///
/// Decoders further in replace bytes that are no UTF-8 by a mark, so that two
/// names would become one; compressed bodies can be a thousand times what they
/// seem.
pub(super) fn check(request: &Request) -> Result<(), Problem> {
    let target = request.uri().path_and_query().map_or("", |t| t.as_str());
    if target.contains('%') && percent_decode_str(target).decode_utf8().is_err() {
        return Err(Problem::new(&codes::MALFORMED_REQUEST)
            .detail("The path or query is not text in UTF-8."));
    }
    let headers = request.headers();
    if !all(headers, &CONTENT_ENCODING, "identity") {
        return Err(Problem::new(&codes::UNSUPPORTED_MEDIA_TYPE)
            .detail("Bodies are taken only without Content-Encoding."));
    }
    // The server below undoes chunks and nothing else: what is coded in other
    // ways as well would be taken for the body itself.
    if !all(headers, &TRANSFER_ENCODING, "chunked") {
        return Err(Problem::new(&codes::MALFORMED_REQUEST)
            .detail("The only Transfer-Encoding that is read is chunked."));
    }
    Ok(())
}

/// Whether a header is absent, or lists nothing but `wanted`.
fn all(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    let is_wanted = |coding: &str| coding.trim().eq_ignore_ascii_case(wanted);
    let values = headers.get_all(name);
    values
        .iter()
        .all(|value| value.to_str().is_ok_and(|v| v.split(',').all(is_wanted)))
}
