//! The id of a request: the client's if it is safe in logs and headers, else a
//! generated one.

use poem::http::{HeaderMap, HeaderName, HeaderValue};
use tenantry_application::ports::IdGenerator;

/// The header that carries the request id in both directions.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MAX_CHARS: usize = 128;

/// Returns the request's id, or generates one.
pub(super) fn accept_or_generate(headers: &HeaderMap, ids: &dyn IdGenerator) -> String {
    headers
        .get(REQUEST_ID)
        .and_then(accept)
        .map_or_else(|| ids.next().hyphenated().to_string(), str::to_owned)
}

fn accept(value: &HeaderValue) -> Option<&str> {
    let id = value.to_str().ok()?;
    let is_safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let is_accepted = (1..=MAX_CHARS).contains(&id.len()) && id.bytes().all(is_safe);
    is_accepted.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_safe_in_logs_are_accepted() {
        let long = "a".repeat(129);
        for (text, expected) in [
            ("a", true),
            ("018f-AZ_09.x", true),
            (&long[..128], true),
            (&long, false),
            ("", false),
            ("a b", false),
            ("a\"", false),
            ("\u{e9}", false),
        ] {
            let accepted = HeaderValue::from_bytes(text.as_bytes())
                .is_ok_and(|value| accept(&value) == Some(text));
            assert_eq!(accepted, expected, "{text:?}");
        }
    }
}
