//! Byte ranges (RFC 9110, section 14).

use std::ops::Range;

use crate::types::{Text, parameters};

parameters! {
    /// The requested range of a download.
    pub(crate) struct RangeHeaders in Header {
        /// A single range of bytes, such as `bytes=0-1023` (RFC 9110, section 14.2);
        /// several ranges are ignored.
        range as "Range": Option<Text<1024>>,
        /// Apply the range only if the content has this entity tag, else send the
        /// whole content (RFC 9110, section 13.1.5).
        if_range as "If-Range": Option<Text<1024>>,
    }
}

/// The part of content that a request selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ContentRange {
    /// The whole content: without a header, with an invalid one, or with several
    /// ranges, which a server may ignore.
    Whole,
    /// A range of bytes.
    Part(Range<u64>),
    /// A range outside the content.
    Unsatisfiable,
}

impl RangeHeaders {
    /// Returns the range of content with this size in bytes and tag.
    pub(crate) fn select(&self, size: u64, tag: &str) -> ContentRange {
        select(self.range.as_deref(), self.if_range.as_deref(), size, tag)
    }
}

/// Returns the range that the headers select. `If-Range` requires the same strong
/// tag; a date never matches, since content has no modification date.
pub(crate) fn select(
    range: Option<&str>,
    if_range: Option<&str>,
    size: u64,
    tag: &str,
) -> ContentRange {
    let applies = if_range.is_none_or(|header| header.trim() == tag);
    parse(range.filter(|_| applies), size)
}

/// Parses a `Range` header for content of `size` bytes.
fn parse(header: Option<&str>, size: u64) -> ContentRange {
    let Some(ranges) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else {
        return ContentRange::Whole;
    };
    let Some((first, last)) = ranges.trim().split_once('-') else {
        return ContentRange::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if ranges.contains(',') || !digits(first) || !digits(last) {
        return ContentRange::Whole;
    }
    // Numbers that overflow are beyond any end.
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    match (first.is_empty(), last.is_empty()) {
        (true, true) => ContentRange::Whole,
        (true, false) => match number(last).min(size) {
            0 => ContentRange::Unsatisfiable,
            suffix => ContentRange::Part(size - suffix..size),
        },
        (false, _) => {
            let first = number(first);
            let end = if last.is_empty() {
                size
            } else {
                number(last).saturating_add(1).min(size)
            };
            if !last.is_empty() && number(last) < first {
                ContentRange::Whole
            } else if first >= size {
                ContentRange::Unsatisfiable
            } else {
                ContentRange::Part(first..end)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_limited_to_the_content() {
        for (header, expected) in [
            ("bytes=0-0", ContentRange::Part(0..1)),
            ("bytes=2-5", ContentRange::Part(2..6)),
            ("bytes=2-", ContentRange::Part(2..10)),
            ("bytes=-3", ContentRange::Part(7..10)),
            ("bytes=-99", ContentRange::Part(0..10)),
            ("bytes=9-99999999999999999999999", ContentRange::Part(9..10)),
            ("bytes=10-", ContentRange::Unsatisfiable),
            (
                "bytes=99999999999999999999999-",
                ContentRange::Unsatisfiable,
            ),
            ("bytes=-0", ContentRange::Unsatisfiable),
            ("bytes=5-2", ContentRange::Whole),
            ("bytes=0-1,4-5", ContentRange::Whole),
            ("bytes=a-b", ContentRange::Whole),
            ("bytes=", ContentRange::Whole),
            ("bytes=-", ContentRange::Whole),
            ("lines=0-1", ContentRange::Whole),
        ] {
            assert_eq!(parse(Some(header), 10), expected, "{header}");
        }
        assert_eq!(parse(None, 10), ContentRange::Whole);
        assert_eq!(parse(Some("bytes=0-"), 0), ContentRange::Unsatisfiable);
    }
}
