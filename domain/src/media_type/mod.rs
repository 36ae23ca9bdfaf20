//! Media types (RFC 6838), their relations, and the check of declared types
//! against the content.

use std::fmt;

use crate::Invalid;

mod activity;
mod check;
mod graph;
mod medium;

pub use check::{Claim, ContentTypes, Detection, check, differs};

/// A lowercase `type/subtype` without parameters, at most 127 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MediaType(String);

/// The names that tools send if they do not know the type.
const UNSPECIFIC: [&str; 18] = [
    "application/octet-stream",
    "application/binary",
    "application/download",
    "application/force-download",
    "application/octetstream",
    "application/unknown",
    "application/x-binary",
    "application/x-download",
    "application/x-force-download",
    "application/x-forcedownload",
    "application/x-octet-stream",
    "application/x-octetstream",
    // Forms as declared by HTTP clients for the body of any request.
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "binary/octet-stream",
    "content/unknown",
    "unknown/unknown",
    "unknown/octet-stream",
];

impl MediaType {
    /// Returns `application/octet-stream`, the default for content without a
    /// type.
    pub fn octet_stream() -> Self {
        Self("application/octet-stream".to_owned())
    }

    /// Parses a type; parameters such as `charset` are dropped.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let essence = text
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let token = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
        };
        match essence.split_once('/') {
            Some((kind, subtype)) if token(kind) && token(subtype) && essence.len() <= 127 => {
                Ok(Self(essence))
            }
            _ => Err(Invalid::format("must be a media type like application/pdf")),
        }
    }

    /// Returns `type/subtype`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the type in a header of a client. A malformed type, and one that
    /// tools send if they do not know the type, count as none:
    /// `application/octet-stream`.
    pub fn declared(header: Option<&str>) -> Self {
        header
            .and_then(|text| Self::parse(text).ok())
            .filter(Self::is_specific)
            .unwrap_or_else(Self::octet_stream)
    }

    /// Returns whether both are names of the same type.
    pub fn is_same(&self, other: &str) -> bool {
        graph::is_same(self.as_str(), other)
    }

    /// Returns whether content of this type may consist of a container, such as
    /// `application/zip`.
    pub fn is_in(&self, container: &str) -> bool {
        graph::is_a(self.as_str(), container) || medium::is_based_on(self.as_str(), container)
    }

    /// Returns whether the type says anything about the content.
    pub fn is_specific(&self) -> bool {
        !UNSPECIFIC.contains(&self.as_str())
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_types_are_rejected() {
        for text in [
            "",
            "text",
            "text/",
            "/html",
            "text/html\r\nX: y",
            "text/ht ml",
            "a/b/c",
        ] {
            assert!(MediaType::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(
            MediaType::parse("Text/HTML; charset=utf-8").map(|t| t.to_string()),
            Ok("text/html".into())
        );
    }

    #[test]
    fn types_of_clients_that_know_none_count_as_none() {
        for header in UNSPECIFIC.into_iter().chain(["nonsense", "*/*"]) {
            let declared = MediaType::declared(Some(header));
            assert_eq!(declared, MediaType::octet_stream(), "{header}");
        }
        assert_eq!(MediaType::declared(None), MediaType::octet_stream());
        let form = "Multipart/Form-Data; boundary=x";
        assert!(!MediaType::declared(Some(form)).is_specific());
        let csv = MediaType::declared(Some("Text/CSV; header=present"));
        assert_eq!((csv.as_str(), csv.is_specific()), ("text/csv", true));
    }
}
