//! Byte ranges (RFC 9110, section 14).

use std::ops::Range;

use crate::types::{Text, parameters};

/// The maximum number of ranges in one request. Each is read and verified in
/// whole chunks, so that many small ranges would cost far more than they send.
const MAX_RANGES: usize = 32;

/// The approximate size of the headers of one part. Sending a smaller gap
/// between two ranges costs less than another part.
const PART_OVERHEAD: u64 = 128;

parameters! {
    /// The requested ranges of a download.
    pub(crate) struct RangeHeaders in Header {
        /// The requested bytes, such as `bytes=0-1023` or `bytes=0-99,-100` (RFC
        /// 9110, section 14.2). Several ranges are sent as `multipart/byteranges`;
        /// adjacent and overlapping ones are combined. More than 32 ranges are
        /// ignored, as are invalid ones.
        range as "Range": Option<Text<2048>>,
        /// Apply the range only if the content has this entity tag, else send the
        /// whole content (RFC 9110, section 13.1.5).
        if_range as "If-Range": Option<Text<1024>>,
    }
}

/// The part of content that a request selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ContentRange {
    /// The whole content: without a header, with an invalid one, or with too many
    /// ranges, which a server may ignore.
    Whole,
    /// One range of bytes.
    Part(Range<u64>),
    /// At least two ranges of bytes, separate from each other, in the order of the
    /// request.
    Parts(Vec<Range<u64>>),
    /// No range within the content.
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
    let header = range.filter(|_| applies);
    let Some(specs) = header.and_then(parse) else {
        return ContentRange::Whole;
    };
    let satisfiable = specs.into_iter().filter_map(|spec| spec.within(size));
    let mut ranges = combine(satisfiable);
    match (ranges.pop(), ranges.is_empty()) {
        (None, _) => ContentRange::Unsatisfiable,
        (Some(range), true) => ContentRange::Part(range),
        (Some(last), false) => {
            ranges.push(last);
            ContentRange::Parts(ranges)
        }
    }
}

/// One element of a `Range` header.
#[derive(Debug, Clone, Copy)]
enum RangeSpec {
    /// From the first to the last byte, or to the end of the content.
    From(u64, Option<u64>),
    /// The last bytes.
    Suffix(u64),
}

impl RangeSpec {
    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-')?;
        let (first, last) = (first.trim_end(), last.trim_start());
        if !is_number(first) || !is_number(last) {
            return None;
        }
        match (number(first), number(last)) {
            (None, None) => None,
            (None, Some(length)) => Some(Self::Suffix(length)),
            (Some(first), Some(last)) if last < first => None,
            (Some(first), last) => Some(Self::From(first, last)),
        }
    }

    /// Returns the bytes within content of `size` bytes; `None` if it has no such byte.
    fn within(self, size: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::From(first, last) => {
                let end = last.map_or(size, |last| last.saturating_add(1).min(size));
                first..end
            }
            Self::Suffix(length) => size - length.min(size)..size,
        };
        (!range.is_empty()).then_some(range)
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Parses digits; `None` without any. Numbers that overflow are beyond any end.
fn number(digits: &str) -> Option<u64> {
    (!digits.is_empty()).then(|| digits.parse().unwrap_or(u64::MAX))
}

/// Parses a `Range` header; `None` if it is invalid or has too many ranges.
/// Empty elements of a list are ignored (RFC 9110, section 5.6.1.2).
fn parse(header: &str) -> Option<Vec<RangeSpec>> {
    let (unit, list) = header.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let elements = list.split(',').map(str::trim);
    let elements = elements.filter(|element| !element.is_empty());
    let specs: Vec<_> = elements
        .take(MAX_RANGES + 1)
        .map(RangeSpec::parse)
        .collect::<Option<_>>()?;
    (1..=MAX_RANGES).contains(&specs.len()).then_some(specs)
}

/// Combines ranges that overlap or have only a small gap between them. A combined
/// range takes the place of its first member.
fn combine(ranges: impl Iterator<Item = Range<u64>>) -> Vec<Range<u64>> {
    let mut separate: Vec<Range<u64>> = Vec::new();
    for mut range in ranges {
        let mut place = separate.len();
        // The extended range may reach further ones.
        while let Some(near) = separate.iter().position(|other| is_near(other, &range)) {
            let other = separate.remove(near);
            range = range.start.min(other.start)..range.end.max(other.end);
            place = place.min(near);
        }
        separate.insert(place, range);
    }
    separate
}

fn is_near(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start <= b.end.saturating_add(PART_OVERHEAD) && b.start <= a.end.saturating_add(PART_OVERHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(header: &str, size: u64) -> ContentRange {
        select(Some(header), None, size, "\"tag\"")
    }

    #[test]
    fn ranges_are_limited_to_the_content() {
        for (header, expected) in [
            ("bytes=0-0", ContentRange::Part(0..1)),
            ("Bytes=2-5", ContentRange::Part(2..6)),
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
            ("bytes=-0,10-,99-100", ContentRange::Unsatisfiable),
            ("bytes=5-2", ContentRange::Whole),
            ("bytes=0-1,5-2", ContentRange::Whole),
            ("bytes=a-b", ContentRange::Whole),
            ("bytes=0-1-2", ContentRange::Whole),
            ("bytes=0-1,x", ContentRange::Whole),
            ("bytes=", ContentRange::Whole),
            ("bytes=,", ContentRange::Whole),
            ("bytes=-", ContentRange::Whole),
            ("lines=0-1", ContentRange::Whole),
        ] {
            assert_eq!(selected(header, 10), expected, "{header}");
        }
        assert_eq!(select(None, None, 10, "\"tag\""), ContentRange::Whole);
        assert_eq!(selected("bytes=0-", 0), ContentRange::Unsatisfiable);
    }

    #[test]
    fn separate_ranges_keep_the_order_of_the_request() {
        for (header, expected) in [
            ("bytes=0-9,1000-1009", vec![0..10, 1000..1010]),
            ("bytes=1000-1009, ,0-9,", vec![1000..1010, 0..10]),
            ("bytes=-10,0-9", vec![1990..2000, 0..10]),
            ("bytes=0-9,1000-1009,5-20", vec![0..21, 1000..1010]),
            ("bytes=0-9,2000-,1000-1009", vec![0..10, 1000..1010]),
        ] {
            let expected = ContentRange::Parts(expected);
            assert_eq!(selected(header, 2000), expected, "{header}");
        }
    }

    #[test]
    fn close_ranges_are_combined() {
        for (header, expected) in [
            ("bytes=0-9,10-19", 0..20),
            ("bytes=10-19,0-9", 0..20),
            ("bytes=0-,0-,0-", 0..2000),
            ("bytes=0-9,138-147", 0..148),
            ("bytes=0-9,600-699,300-399,138-160,170-590", 0..700),
            ("bytes=0-9,2000-2001", 0..10),
        ] {
            let expected = ContentRange::Part(expected);
            assert_eq!(selected(header, 2000), expected, "{header}");
        }
        let apart = selected("bytes=0-9,139-147", 2000);
        assert_eq!(apart, ContentRange::Parts(vec![0..10, 139..148]));
    }

    #[test]
    fn too_many_ranges_are_ignored() {
        let header = |count: u64| {
            let specs: Vec<_> = (0..count).map(|n| format!("{0}-{0}", n * 1000)).collect();
            format!("bytes={}", specs.join(","))
        };
        assert!(matches!(
            selected(&header(32), 1_000_000),
            ContentRange::Parts(parts) if parts.len() == 32
        ));
        assert_eq!(selected(&header(33), 1_000_000), ContentRange::Whole);
    }
}
