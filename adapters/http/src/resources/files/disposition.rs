//! The `Content-Disposition` header of downloads.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters to encode in `filename*` (RFC 8187, section 3.2.1).
const NON_ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Formats the header (RFC 6266): an ASCII name for old clients and the exact
/// name for all others.
pub(super) fn attachment(name: &str) -> String {
    let ascii: String = name
        .chars()
        .map(|c| {
            if c == ' ' || c.is_ascii_alphanumeric() || "!#$&+-.^_`|~(),;@=[]{}".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    format!(
        "attachment; filename=\"{ascii}\"; filename*=UTF-8''{}",
        utf8_percent_encode(name, NON_ATTRIBUTE)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_inject_headers() {
        let header = attachment("a\"; x=\"y\r\nSet-Cookie: z\\ü%41.pdf");
        assert_eq!(
            header,
            "attachment; filename=\"a_; x=_y__Set-Cookie_ z___41.pdf\"; \
             filename*=UTF-8''a%22%3B%20x%3D%22y%0D%0ASet-Cookie%3A%20z%5C%C3%BC%2541.pdf"
        );
    }
}
