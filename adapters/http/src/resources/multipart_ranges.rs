//! Several ranges of content as `multipart/byteranges` (RFC 9110, section 14.6).

use std::{ops::Range, vec};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use poem::Body;
use tenantry_application::ports::{BlobStream, IdGenerator, PortError, PortErrorKind};

use crate::payload::body_of;

/// A response body with one part per range.
pub(crate) struct MultipartRanges {
    boundary: String,
    parts: Vec<Part>,
    end: Bytes,
}

/// A part: the lines before its content, and the length of its content.
struct Part {
    head: Bytes,
    length: u64,
}

impl MultipartRanges {
    /// Frames ranges of content with this size and media type. The boundary is
    /// random, since no client may know it when it uploads content.
    pub(crate) fn new(
        ranges: &[Range<u64>],
        size: u64,
        media_type: &str,
        ids: &dyn IdGenerator,
    ) -> Self {
        let boundary = ids.next().simple().to_string();
        let parts = ranges.iter().map(|range| Part {
            head: Bytes::from(format!(
                "\r\n--{boundary}\r\nContent-Type: {media_type}\r\nContent-Range: {}\r\n\r\n",
                content_range(range, size)
            )),
            length: range.end - range.start,
        });
        Self {
            parts: parts.collect(),
            end: Bytes::from(format!("\r\n--{boundary}--\r\n")),
            boundary,
        }
    }

    /// Returns the media type of the body.
    pub(crate) fn media_type(&self) -> String {
        format!("multipart/byteranges; boundary={}", self.boundary)
    }

    /// Returns the length of the body in bytes.
    pub(crate) fn length(&self) -> u64 {
        let length = |bytes: &Bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let parts = self.parts.iter();
        parts
            .map(|part| length(&part.head) + part.length)
            .sum::<u64>()
            + length(&self.end)
    }

    /// Returns the body. `content` streams the bytes of the ranges one after
    /// another; no piece contains bytes of two.
    pub(crate) fn body(self, content: BlobStream) -> Body {
        let frames = Frames {
            content,
            parts: self.parts.into_iter(),
            missing: 0,
            end: Some(self.end),
        };
        body_of(stream::try_unfold(frames, Frames::next).boxed())
    }
}

/// Returns the value of `Content-Range` for a range of content of `size` bytes.
pub(crate) fn content_range(range: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", range.start, range.end - 1)
}

/// A body in transit.
struct Frames {
    content: BlobStream,
    parts: vec::IntoIter<Part>,
    /// The bytes that the current part lacks.
    missing: u64,
    /// The last line, until it is sent.
    end: Option<Bytes>,
}

impl Frames {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, PortError> {
        if self.missing > 0 {
            let piece = self.content.try_next().await?;
            let piece = piece.ok_or_else(|| mismatch("ended early"))?;
            let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            let missing = self.missing.checked_sub(length);
            self.missing = missing.ok_or_else(|| mismatch("crossed a range"))?;
            return Ok(Some((piece, self)));
        }
        if let Some(part) = self.parts.next() {
            self.missing = part.length;
            return Ok(Some((part.head, self)));
        }
        Ok(self.end.take().map(|end| (end, self)))
    }
}

fn mismatch(reason: &str) -> PortError {
    PortError::new(
        PortErrorKind::Internal,
        format!("the content of several ranges {reason}"),
    )
}
