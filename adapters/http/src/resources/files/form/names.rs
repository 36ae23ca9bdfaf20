//! The names in the `Content-Disposition` of a field (RFC 7578, section 4.2).
//!
//! The parser of the form only returns names in UTF-8 and ignores `filename*`, so
//! the header is parsed here, in every form that clients send.

use multer::Field;
use poem::http::{HeaderValue, header::CONTENT_DISPOSITION};

use super::encoded;

#[cfg(test)]
mod tests;

/// The names of a field.
#[derive(Debug)]
pub(super) struct Names {
    /// The name of the field; empty if the client sent none.
    pub(super) field: String,
    /// The name of the file; empty if the client sent none.
    pub(super) file: String,
}

impl Names {
    /// Returns the names of a field.
    pub(super) fn of(field: &Field<'_>) -> Self {
        let header = field.headers().get(CONTENT_DISPOSITION);
        Self::parse(header.map(HeaderValue::as_bytes).unwrap_or_default())
    }

    /// Parses the value of the header. The first of several parameters with the
    /// same name counts.
    ///
    /// RFC 7578 forbids `filename*`, but common clients send it, and only for names
    /// that they cannot express otherwise. It overrides `filename` if it is valid.
    pub(super) fn parse(header: &[u8]) -> Self {
        let (mut field, mut plain, mut extended) = (None, None, None);
        let mut rest = header;
        while let Some((name, value, after)) = parameter(rest) {
            match name.as_str() {
                "name" => field = field.or(Some(value)),
                "filename" => plain = plain.or(Some(value)),
                "filename*" => extended = extended.or(Some(value)),
                _ => {}
            }
            rest = after;
        }
        let extended = extended.and_then(|value| encoded::extended(&value));
        Self {
            field: encoded::plain(&field.unwrap_or_default()),
            file: extended
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| encoded::plain(&plain.unwrap_or_default())),
        }
    }
}

/// Returns the first parameter, with its name in lowercase, and the rest of the
/// header.
fn parameter(header: &[u8]) -> Option<(String, Vec<u8>, &[u8])> {
    let start = header.iter().position(|byte| *byte == b';')?;
    let text = header.get(start + 1..)?;
    let (name, rest) = split_before(text, |byte| matches!(byte, b'=' | b';'));
    let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
    let rest = rest.strip_prefix(b"=").unwrap_or(rest).trim_ascii_start();
    let (value, rest) = match rest.strip_prefix(b"\"") {
        Some(quoted) => unquote(quoted),
        None => {
            let (value, rest) = split_before(rest, |byte| byte == b';');
            (value.trim_ascii_end().to_vec(), rest)
        }
    };
    Some((name, value, rest))
}

/// Returns a quoted string and the text after it. Only quotes and backslashes are
/// escaped by a backslash; any other one separates the folders of a Windows path. A
/// quote within the string closes it only at the end of the parameter, since some
/// clients escape nothing.
fn unquote(mut text: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut value = Vec::new();
    loop {
        match text {
            [] => return (value, text),
            [b'\\', escaped @ (b'"' | b'\\'), rest @ ..] => {
                value.push(*escaped);
                text = rest;
            }
            [b'"', rest @ ..] if matches!(rest.trim_ascii_start(), [] | [b';', ..]) => {
                return (value, rest);
            }
            [byte, rest @ ..] => {
                value.push(*byte);
                text = rest;
            }
        }
    }
}

fn split_before(text: &[u8], ends: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| ends(*byte));
    text.split_at(end.unwrap_or(text.len()))
}
