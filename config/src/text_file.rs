//! Reads the text files of operators.

use std::{fs, io, path::Path};

/// Reads a text file in UTF-8, without a byte order mark, which some editors and
/// shells write. The error names another encoding, but not the content.
pub fn read_text(path: &Path) -> io::Result<String> {
    decode_text(fs::read(path)?)
}

/// Decodes a text in UTF-8, without a byte order mark.
pub fn decode_text(mut bytes: Vec<u8>) -> io::Result<String> {
    let invalid = |reason: &str| Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    let has_utf16_mark = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    if has_utf16_mark || bytes.contains(&0) {
        return invalid("the text is UTF-16 or binary; save it as UTF-8");
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(_) => invalid("the text is not valid UTF-8; save it as UTF-8"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Result<String, String> {
        decode_text(bytes.to_vec()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        assert_eq!(decoded(b"\xef\xbb\xbfA=1"), Ok("A=1".to_owned()));
        assert_eq!(decoded("é".as_bytes()), Ok("é".to_owned()));
        assert_eq!(decoded(b""), Ok(String::new()));
    }

    #[test]
    fn other_encodings_are_named() {
        for utf16 in [&b"\xff\xfeA\0=\0"[..], b"\xfe\xff\0A\0=", b"A\0=\0"] {
            let error = decoded(utf16).err().unwrap_or_default();
            assert!(error.contains("UTF-16"), "{error}");
        }
        let error = decoded(b"hunter2\xe9").err().unwrap_or_default();
        assert!(
            error.contains("not valid UTF-8") && !error.contains("hunter2"),
            "{error}"
        );
    }
}
