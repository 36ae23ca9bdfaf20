//! Entity tags and conditional requests (RFC 9110, section 13).

use tenantry_application::{Error, Precondition, Result, files::ContentCondition};
use tenantry_domain::{Invalid, Revision, blob::Digest};

const IF_MATCH: &str = "If-Match";
const IF_NONE_MATCH: &str = "If-None-Match";

/// The entity tag of something that has a revision.
pub(crate) fn revision_tag(revision: Revision) -> String {
    format!("\"r{revision}\"")
}

/// The entity tag of content: strong, since equal digests are equal bytes.
pub(crate) fn content_tag(digest: Digest) -> String {
    format!("\"{digest}\"")
}

/// What an `If-Match` asks of a revision. A tag that is no revision of ours
/// matches nothing.
pub(crate) fn precondition(if_match: Option<&str>) -> Result<Precondition> {
    let Some(header) = if_match else {
        return Ok(Precondition::None);
    };
    Ok(match tags(IF_MATCH, header)? {
        // Whatever is changed is there, or it is not found.
        Tags::Any => Precondition::None,
        Tags::List(tags) => Precondition::OneOf(tags.iter().filter_map(revision).collect()),
    })
}

/// What an upload's `If-Match` and `If-None-Match` ask of the content there.
pub(crate) fn content_condition(
    if_match: Option<&str>,
    if_none_match: Option<&str>,
) -> Result<ContentCondition> {
    match (if_match, if_none_match) {
        (None, None) => Ok(ContentCondition::None),
        (Some(header), None) => Ok(match tags(IF_MATCH, header)? {
            Tags::Any => ContentCondition::Present,
            Tags::List(tags) => ContentCondition::OneOf(tags.iter().filter_map(digest).collect()),
        }),
        (None, Some(header)) => match tags(IF_NONE_MATCH, header)? {
            Tags::Any => Ok(ContentCondition::Absent),
            Tags::List(_) => Err(invalid(IF_NONE_MATCH, "must be * when content is written")),
        },
        (Some(_), Some(_)) => Err(invalid(
            IF_MATCH,
            "must not be given together with If-None-Match",
        )),
    }
}

/// What the conditions of a read say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadCondition {
    /// Answer as usual.
    Go,
    /// The client has it already.
    NotModified,
}

/// Holds a read's `If-Match` and `If-None-Match` against the tag of what is there.
pub(crate) fn read_condition(
    tag: &str,
    if_match: Option<&str>,
    if_none_match: Option<&str>,
) -> Result<ReadCondition> {
    if let Some(header) = if_match {
        let holds = match tags(IF_MATCH, header)? {
            Tags::Any => true,
            Tags::List(tags) => tags.iter().any(|other| other.is_strongly(tag)),
        };
        if !holds {
            return Err(Error::PreconditionFailed);
        }
    }
    if let Some(header) = if_none_match {
        let known = match tags(IF_NONE_MATCH, header)? {
            Tags::Any => true,
            Tags::List(tags) => tags.iter().any(|other| other.is_weakly(tag)),
        };
        if known {
            return Ok(ReadCondition::NotModified);
        }
    }
    Ok(ReadCondition::Go)
}

/// Whether an `If-Range` lets a range through: only the same strong tag does.
/// A date never does, as there is none to compare with.
pub(crate) fn range_applies(tag: &str, if_range: Option<&str>) -> bool {
    if_range.is_none_or(|header| header.trim() == tag)
}

enum Tags {
    Any,
    List(Vec<Tag>),
}

enum Tag {
    Strong(String),
    Weak(String),
}

impl Tag {
    fn is_strongly(&self, quoted: &str) -> bool {
        matches!(self, Self::Strong(text) if is_quoted(quoted, text))
    }

    fn is_weakly(&self, quoted: &str) -> bool {
        let (Self::Strong(text) | Self::Weak(text)) = self;
        is_quoted(quoted, text)
    }
}

fn is_quoted(quoted: &str, text: &str) -> bool {
    quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        == Some(text)
}

fn digest(tag: &Tag) -> Option<Digest> {
    match tag {
        Tag::Strong(text) => Digest::parse(text).ok(),
        Tag::Weak(_) => None,
    }
}

/// Only as we write it: two spellings of a number are two tags.
fn revision(tag: &Tag) -> Option<Revision> {
    let Tag::Strong(text) = tag else { return None };
    let revision = Revision::new(text.strip_prefix('r')?.parse().ok()?);
    is_quoted(&revision_tag(revision), text).then_some(revision)
}

fn tags(field: &str, header: &str) -> Result<Tags> {
    if header.trim() == "*" {
        return Ok(Tags::Any);
    }
    let mut list = Vec::new();
    let mut rest = header.trim();
    while !rest.is_empty() {
        let (weak, quoted) = match rest.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, rest),
        };
        let wrong = || invalid(field, "must be * or entity tags in double quotes");
        let (text, behind) = quoted
            .strip_prefix('"')
            .and_then(|open| open.split_once('"'))
            .ok_or_else(wrong)?;
        list.push(if weak {
            Tag::Weak(text.to_owned())
        } else {
            Tag::Strong(text.to_owned())
        });
        rest = behind.trim_start();
        rest = match rest.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if rest.is_empty() => rest,
            None => return Err(wrong()),
        };
    }
    Ok(Tags::List(list))
}

fn invalid(field: &str, message: &str) -> Error {
    Error::field(field, Invalid::format(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "\"abc\"";

    fn read(if_match: Option<&str>, if_none_match: Option<&str>) -> Option<ReadCondition> {
        read_condition(TAG, if_match, if_none_match).ok()
    }

    #[test]
    fn reads_follow_the_tags() {
        use ReadCondition::{Go, NotModified};
        assert_eq!(read(None, None), Some(Go));
        assert_eq!(read(None, Some("\"abc\"")), Some(NotModified));
        assert_eq!(read(None, Some("\"x\", W/\"abc\"")), Some(NotModified));
        assert_eq!(read(None, Some("*")), Some(NotModified));
        assert_eq!(read(None, Some("\"x\"")), Some(Go));
        assert_eq!(read(Some("\"x\" , \"abc\""), None), Some(Go));
        assert_eq!(
            read(Some("W/\"abc\""), None),
            None,
            "weak tags never match strongly"
        );
        assert_eq!(read(Some("\"x\""), None), None);
        assert_eq!(read(Some("abc"), None), None);
    }

    #[test]
    fn revisions_are_tags_too() {
        let one_of = |revisions: &[u64]| {
            let revisions = revisions.iter().copied().map(Revision::new);
            Some(Precondition::OneOf(revisions.collect()))
        };
        let read = |header: &str| precondition(Some(header)).ok();
        assert_eq!(read(&revision_tag(Revision::new(7))), one_of(&[7]));
        assert_eq!(read("\"r7\", \"r9\""), one_of(&[7, 9]));
        assert_eq!(read("*"), Some(Precondition::None));
        for strange in ["\"other\"", "\"r07\"", "\"r+7\"", "W/\"r7\""] {
            assert_eq!(read(strange), one_of(&[]), "{strange}");
        }
        assert!(precondition(Some("r7")).is_err());
    }

    #[test]
    fn writes_know_four_conditions() {
        let digest = Digest::from_bytes([1; 32]);
        let one_of = content_condition(Some(&content_tag(digest)), None);
        assert_eq!(one_of.ok(), Some(ContentCondition::OneOf(vec![digest])));
        let absent = content_condition(None, Some("*"));
        assert_eq!(absent.ok(), Some(ContentCondition::Absent));
        assert!(content_condition(None, Some("\"a\"")).is_err());
        assert!(content_condition(Some("*"), Some("*")).is_err());
    }
}
