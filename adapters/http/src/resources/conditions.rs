//! The headers of conditional requests (RFC 9110, section 13).
//!
//! `If-Match` of a change also accepts the weak form of a tag: proxies that
//! compress responses weaken the tags of this service, which still identify the
//! same revision or content. A download compares strongly, since its bytes are
//! combined with others. `docs/decisions/0017-weak-tags-in-changes.md` explains
//! this.

use tenantry_application::{Error, Precondition, Result, files::ContentCondition};

use super::entity_tag::{Tag, TagList, invalid};
use crate::types::{Text, parameters};

const IF_MATCH: &str = "If-Match";
const IF_NONE_MATCH: &str = "If-None-Match";

/// The value of a conditional header.
type Condition = Text<1024>;

parameters! {
    /// The condition of a change.
    pub(crate) struct IfMatch in Header {
        /// Apply the change only if the resource has one of these entity tags (RFC
        /// 9110, section 13.1.1). A tag that a compressing proxy has weakened
        /// (`W/`) matches as well.
        if_match as "If-Match": Option<Condition>,
    }

    /// The condition of a read.
    pub(crate) struct IfNoneMatch in Header {
        /// Respond 304 if the resource has one of these entity tags (RFC 9110,
        /// section 13.1.2).
        if_none_match as "If-None-Match": Option<Condition>,
    }

    /// The conditions of a download.
    pub(crate) struct ReadConditions in Header {
        /// Respond 412 unless the content has one of these strong entity tags (RFC
        /// 9110, section 13.1.1).
        if_match as "If-Match": Option<Condition>,
        /// Respond 304 if the content has one of these entity tags (RFC 9110,
        /// section 13.1.2).
        if_none_match as "If-None-Match": Option<Condition>,
    }

    /// The conditions of an upload to a path.
    pub(crate) struct WriteConditions in Header {
        /// Replace the content only if it has one of these entity tags; `*`
        /// matches any existing content (RFC 9110, section 13.1.1). A tag that a
        /// compressing proxy has weakened (`W/`) matches as well.
        if_match as "If-Match": Option<Condition>,
        /// `*` creates a file only if none exists at the path (RFC 9110, section
        /// 13.1.2).
        if_none_match as "If-None-Match": Option<Condition>,
    }
}

impl IfMatch {
    /// Returns the required revisions. A tag that is not a revision matches
    /// nothing.
    pub(crate) fn precondition(&self) -> Result<Precondition> {
        let Some(header) = self.if_match.as_deref() else {
            return Ok(Precondition::None);
        };
        Ok(match TagList::parse(IF_MATCH, header)? {
            // A missing resource is reported as not found.
            TagList::Any => Precondition::None,
            TagList::Tags(tags) => {
                Precondition::OneOf(tags.iter().filter_map(Tag::revision).collect())
            }
        })
    }
}

impl IfNoneMatch {
    /// Tests whether the client has the version with this tag.
    pub(crate) fn matches(&self, tag: &str) -> Result<bool> {
        self.if_none_match.as_deref().map_or(Ok(false), |header| {
            let tags = TagList::parse(IF_NONE_MATCH, header)?;
            Ok(tags.matches(|other| other.is_weakly(tag)))
        })
    }
}

/// The outcome of the conditions of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadOutcome {
    /// The content must be sent.
    Modified,
    /// The client has the content.
    NotModified,
}

impl ReadConditions {
    /// Evaluates the conditions for content with this tag.
    ///
    /// # Errors
    ///
    /// Fails with `precondition_failed` when `If-Match` does not hold.
    pub(crate) fn evaluate(self, tag: &str) -> Result<ReadOutcome> {
        if let Some(header) = self.if_match.as_deref() {
            let tags = TagList::parse(IF_MATCH, header)?;
            if !tags.matches(|other| other.is_strongly(tag)) {
                return Err(Error::PreconditionFailed);
            }
        }
        let if_none_match = IfNoneMatch {
            if_none_match: self.if_none_match,
        };
        Ok(if if_none_match.matches(tag)? {
            ReadOutcome::NotModified
        } else {
            ReadOutcome::Modified
        })
    }
}

impl WriteConditions {
    /// Returns the required state of the existing content.
    pub(crate) fn content(&self) -> Result<ContentCondition> {
        match (self.if_match.as_deref(), self.if_none_match.as_deref()) {
            (None, None) => Ok(ContentCondition::None),
            (Some(header), None) => Ok(match TagList::parse(IF_MATCH, header)? {
                TagList::Any => ContentCondition::Present,
                TagList::Tags(tags) => {
                    ContentCondition::OneOf(tags.iter().filter_map(Tag::digest).collect())
                }
            }),
            (None, Some(header)) => match TagList::parse(IF_NONE_MATCH, header)? {
                TagList::Any => Ok(ContentCondition::Absent),
                TagList::Tags(_) => Err(invalid(IF_NONE_MATCH, "must be * for an upload")),
            },
            (Some(_), Some(_)) => Err(invalid(IF_MATCH, "must not be combined with If-None-Match")),
        }
    }
}

#[cfg(test)]
mod tests {
    use tenantry_domain::{Revision, blob::Digest};

    use super::{
        super::entity_tag::{content_tag, revision_tag},
        *,
    };

    fn condition(header: Option<&str>) -> Option<Condition> {
        header.map(Text::of)
    }

    fn read(if_match: Option<&str>, if_none_match: Option<&str>) -> Option<ReadOutcome> {
        let conditions = ReadConditions {
            if_match: condition(if_match),
            if_none_match: condition(if_none_match),
        };
        conditions.evaluate("\"abc\"").ok()
    }

    #[test]
    fn reads_compare_tags() {
        use ReadOutcome::{Modified, NotModified};
        assert_eq!(read(None, None), Some(Modified));
        assert_eq!(read(None, Some("\"abc\"")), Some(NotModified));
        assert_eq!(read(None, Some("\"x\", W/\"abc\"")), Some(NotModified));
        assert_eq!(read(None, Some("*")), Some(NotModified));
        assert_eq!(read(None, Some("\"x\"")), Some(Modified));
        assert_eq!(read(Some("\"x\" , \"abc\""), None), Some(Modified));
        assert_eq!(
            read(Some("W/\"abc\""), None),
            None,
            "weak tags never match strongly"
        );
        assert_eq!(read(Some("\"x\""), None), None);
        assert_eq!(read(Some("abc"), None), None);
    }

    #[test]
    fn changes_compare_revisions() {
        let one_of = |revisions: &[u64]| {
            let revisions = revisions.iter().copied().map(Revision::new);
            Some(Precondition::OneOf(revisions.collect()))
        };
        let read = |header: &str| {
            let if_match = condition(Some(header));
            IfMatch { if_match }.precondition().ok()
        };
        assert_eq!(read(&revision_tag(Revision::new(7))), one_of(&[7]));
        assert_eq!(read("\"r7\", \"r9\""), one_of(&[7, 9]));
        assert_eq!(read("W/\"r7\""), one_of(&[7]));
        assert_eq!(read("*"), Some(Precondition::None));
        for unknown in ["\"other\"", "\"r07\"", "\"r+7\"", "W/\"r07\""] {
            assert_eq!(read(unknown), one_of(&[]), "{unknown}");
        }
        assert_eq!(read("r7"), None);
    }

    #[test]
    fn uploads_have_four_conditions() {
        let write = |if_match: Option<&str>, if_none_match: Option<&str>| {
            let conditions = WriteConditions {
                if_match: condition(if_match),
                if_none_match: condition(if_none_match),
            };
            conditions.content().ok()
        };
        let digest = Digest::from_bytes([1; 32]);
        assert_eq!(
            write(Some(&content_tag(digest)), None),
            Some(ContentCondition::OneOf(vec![digest]))
        );
        assert_eq!(
            write(Some(&format!("W/{}", &*content_tag(digest))), None),
            Some(ContentCondition::OneOf(vec![digest]))
        );
        assert_eq!(write(Some("*"), None), Some(ContentCondition::Present));
        assert_eq!(write(None, Some("*")), Some(ContentCondition::Absent));
        assert_eq!(write(None, None), Some(ContentCondition::None));
        assert_eq!(write(None, Some("\"a\"")), None);
        assert_eq!(write(Some("*"), Some("*")), None);
    }
}
