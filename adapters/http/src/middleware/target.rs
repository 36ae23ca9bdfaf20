//! Refuses what would only be read by guessing.

use percent_encoding::percent_decode_str;
use poem::{Request, http::header::CONTENT_ENCODING};

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
    let identity = |value: &str| value.trim().eq_ignore_ascii_case("identity");
    let headers = request.headers().get_all(CONTENT_ENCODING);
    let plain = headers
        .iter()
        .all(|value| value.to_str().is_ok_and(|v| v.split(',').all(identity)));
    if !plain {
        return Err(Problem::new(&codes::UNSUPPORTED_MEDIA_TYPE)
            .detail("Bodies are taken only without Content-Encoding."));
    }
    Ok(())
}
