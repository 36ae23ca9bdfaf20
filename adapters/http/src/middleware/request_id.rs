//! The id of a request: the client's where it is fit for logs and headers,
//! else one of ours.

use poem::http::{HeaderMap, HeaderName, HeaderValue};
use tenantry_application::ports::IdGenerator;

/// Where it is accepted and returned.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MAX_CHARS: usize = 128;

/// The id that came with the request, or a new one.
pub(super) fn accept_or_make(headers: &HeaderMap, ids: &dyn IdGenerator) -> String {
    headers
        .get(REQUEST_ID)
        .and_then(accept)
        .map_or_else(|| ids.next().hyphenated().to_string(), str::to_owned)
}

fn accept(value: &HeaderValue) -> Option<&str> {
    let id = value.to_str().ok()?;
    let fit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let fits = (1..=MAX_CHARS).contains(&id.len()) && id.bytes().all(fit);
    fits.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_harmless_in_a_log_is_accepted() {
        let long = "a".repeat(129);
        for (text, fine) in [
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
            assert_eq!(accepted, fine, "{text:?}");
        }
    }
}
