//! The encodings of names in forms.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use encoding_rs::{Encoding, WINDOWS_1252};
use percent_encoding::percent_decode;
use tenantry_domain::text::is_hidden;

/// Decodes the value of a plain parameter.
///
/// Clients send UTF-8, Windows-1252 (old forms and shells) or encoded words
/// (RFC 2047), and escape three characters as HTML defines. Other percent signs
/// belong to the name: `100%25 done.txt` is a possible file, and clients that
/// percent-encode the whole name send `filename*` too.
pub(super) fn plain(value: &[u8]) -> String {
    let text = match std::str::from_utf8(value) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(windows_1252(value)),
    };
    encoded_words(&text).unwrap_or_else(|| {
        text.replace("%22", "\"")
            .replace("%0D", "\r")
            .replace("%0A", "\n")
    })
}

/// Decodes an extended value (RFC 8187), such as `utf-8''r%C3%A9sum%C3%A9.pdf`;
/// `None` if it is invalid.
pub(super) fn extended(value: &[u8]) -> Option<String> {
    let mut parts = value.splitn(3, |byte| *byte == b'\'');
    let (charset, _language, text) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes: Vec<u8> = percent_decode(text).collect();
    decode(charset, &bytes)
}

/// Decodes Windows-1252, in which the letters of Latin-1 are the same. In other
/// encodings such as Shift JIS, the extension survives.
fn windows_1252(value: &[u8]) -> String {
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(value);
    let visible = |c| {
        if is_hidden(c) {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    text.chars().map(visible).collect()
}

/// Decodes a text of encoded words; `None` if it is any other text.
fn encoded_words(text: &str) -> Option<String> {
    let mut decoded = String::new();
    for word in text.split_ascii_whitespace() {
        decoded.push_str(&encoded_word(word)?);
    }
    (!decoded.is_empty()).then_some(decoded)
}

fn encoded_word(word: &str) -> Option<String> {
    let word = word.strip_prefix("=?")?.strip_suffix("?=")?;
    let (charset, word) = word.split_once('?')?;
    let (encoding, text) = word.split_once('?')?;
    let (charset, _language) = charset.split_once('*').unwrap_or((charset, ""));
    let bytes = match encoding {
        "B" | "b" => STANDARD.decode(text).ok()?,
        // The hexadecimal digits are those of a percent encoding.
        "Q" | "q" => {
            let text = text.replace('%', "%25").replace('=', "%").replace('_', " ");
            percent_decode(text.as_bytes()).collect()
        }
        _ => return None,
    };
    decode(charset.as_bytes(), &bytes)
}

fn decode(charset: &[u8], bytes: &[u8]) -> Option<String> {
    Encoding::for_label_no_replacement(charset)?
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(Cow::into_owned)
}
