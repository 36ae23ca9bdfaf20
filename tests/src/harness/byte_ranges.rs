//! Bodies of several ranges (RFC 9110, section 14.6).

use super::ApiResponse;

/// A part of a `multipart/byteranges` body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangePart {
    /// The `Content-Type`.
    pub kind: String,
    /// The `Content-Range`.
    pub range: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl ApiResponse {
    /// Parses a `multipart/byteranges` body.
    #[track_caller]
    pub fn range_parts(&self) -> Vec<RangePart> {
        let kind = self.header("content-type").unwrap_or_default();
        let boundary = kind.strip_prefix("multipart/byteranges; boundary=");
        let boundary = boundary.unwrap_or_else(|| panic!("{}: {kind}", self.request));
        let delimiter = format!("\r\n--{boundary}");
        let mut pieces = split(&self.body, delimiter.as_bytes()).into_iter();
        assert_eq!(pieces.next(), Some(&b""[..]), "{}", self.request);
        assert_eq!(pieces.next_back(), Some(&b"--\r\n"[..]), "{}", self.request);
        pieces.map(part).collect()
    }
}

fn part(piece: &[u8]) -> RangePart {
    let end = piece.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, bytes) = piece.split_at(end.expect("the end of the headers") + 4);
    let head = String::from_utf8_lossy(head).to_lowercase();
    let field = |name: &str| {
        let mut lines = head.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        value
            .unwrap_or_else(|| panic!("no {name} in {head}"))
            .to_owned()
    };
    RangePart {
        kind: field("content-type"),
        range: field("content-range"),
        bytes: bytes.to_vec(),
    }
}

fn split<'a>(mut bytes: &'a [u8], delimiter: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while let Some(at) = bytes.windows(delimiter.len()).position(|w| w == delimiter) {
        pieces.push(&bytes[..at]);
        bytes = &bytes[at + delimiter.len()..];
    }
    pieces.push(bytes);
    pieces
}
