//! Entity tags and their lists in conditional headers (RFC 9110, sections 8.8.3
//! and 13.1).

use tenantry_application::{Error, Result};
use tenantry_domain::{Invalid, Revision, blob::Digest};

use crate::types::EntityTag;

/// Returns the entity tag of a resource with a revision.
pub(crate) fn revision_tag(revision: Revision) -> EntityTag {
    format!("\"r{revision}\"").into()
}

/// Returns the strong entity tag of content.
pub(crate) fn content_tag(digest: Digest) -> EntityTag {
    format!("\"{digest}\"").into()
}

/// The value of an `If-Match` or `If-None-Match` header.
pub(super) enum TagList {
    /// `*`.
    Any,
    /// A list of tags.
    Tags(Vec<Tag>),
}

/// An entity tag without its quotes.
pub(super) enum Tag {
    Strong(String),
    Weak(String),
}

impl Tag {
    /// Compares strongly with a quoted, strong tag.
    pub(super) fn is_strongly(&self, quoted: &str) -> bool {
        matches!(self, Self::Strong(text) if unquote(quoted) == Some(text))
    }

    /// Compares weakly with a quoted tag.
    pub(super) fn is_weakly(&self, quoted: &str) -> bool {
        unquote(quoted) == Some(self.text())
    }

    /// Returns the digest of a content tag, strong or weak.
    pub(super) fn digest(&self) -> Option<Digest> {
        Digest::parse(self.text()).ok()
    }

    /// Returns the revision of a revision tag in its canonical spelling, strong or
    /// weak.
    pub(super) fn revision(&self) -> Option<Revision> {
        let revision = Revision::new(self.text().strip_prefix('r')?.parse().ok()?);
        self.is_weakly(&revision_tag(revision)).then_some(revision)
    }

    fn text(&self) -> &str {
        let (Self::Strong(text) | Self::Weak(text)) = self;
        text
    }
}

fn unquote(tag: &str) -> Option<&str> {
    tag.strip_prefix('"')?.strip_suffix('"')
}

impl TagList {
    /// Parses the value of the header `field`.
    pub(super) fn parse(field: &str, header: &str) -> Result<Self> {
        if header.trim() == "*" {
            return Ok(Self::Any);
        }
        let mut list = Vec::new();
        let mut rest = header.trim();
        while !rest.is_empty() {
            let (is_weak, quoted) = match rest.strip_prefix("W/") {
                Some(quoted) => (true, quoted),
                None => (false, rest),
            };
            let error = || invalid(field, "must be * or entity tags in double quotes");
            let (text, tail) = quoted
                .strip_prefix('"')
                .and_then(|open| open.split_once('"'))
                .ok_or_else(error)?;
            list.push(if is_weak {
                Tag::Weak(text.to_owned())
            } else {
                Tag::Strong(text.to_owned())
            });
            rest = tail.trim_start();
            rest = match rest.strip_prefix(',') {
                Some(next) => next.trim_start(),
                None if rest.is_empty() => rest,
                None => return Err(error()),
            };
        }
        Ok(Self::Tags(list))
    }

    /// Tests whether the list contains a tag that satisfies `compare`.
    pub(super) fn matches(&self, compare: impl Fn(&Tag) -> bool) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(compare),
        }
    }
}

/// Returns the error of an invalid header.
pub(super) fn invalid(field: &str, message: &str) -> Error {
    Error::field(field, Invalid::format(message))
}
