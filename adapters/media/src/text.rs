//! Recognition and decoding of text.

use std::{borrow::Cow, str};

/// Returns the content as text, if it is text: UTF-8, UTF-16 with a byte order
/// mark, or an encoding of one byte per character. A character cut off at the
/// end is accepted.
pub(crate) fn decode(head: &[u8]) -> Option<Cow<'_, str>> {
    let utf16 = match head {
        [0xFF, 0xFE, rest @ ..] => Some(decode_utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Some(decode_utf16(rest, u16::from_be_bytes)),
        _ => None,
    };
    if let Some(decoded) = utf16.flatten() {
        return (!decoded.bytes().any(is_binary)).then_some(Cow::Owned(decoded));
    }
    if head.iter().copied().any(is_binary) {
        return None;
    }
    Some(lossy(head))
}

/// Decodes UTF-8, or a superset of ASCII whose other characters do not matter.
pub(crate) fn lossy(head: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(head) {
        Ok(text) => Cow::Borrowed(text),
        Err(error) if error.error_len().is_none() => {
            let valid = head.get(..error.valid_up_to()).unwrap_or_default();
            String::from_utf8_lossy(valid)
        }
        Err(_) => String::from_utf8_lossy(head),
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let (cut, valid) = (pairs.len().saturating_sub(1), char::decode_utf16(units));
    let mut text = String::new();
    for (at, decoded) in valid.enumerate() {
        match decoded {
            Ok(character) => text.push(character),
            Err(_) if at >= cut => {}
            Err(_) => return None,
        }
    }
    Some(text)
}

/// Returns whether a byte occurs in binary data only (WHATWG MIME Sniffing,
/// «binary data byte»).
fn is_binary(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F)
}
