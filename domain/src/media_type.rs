//! Media types (RFC 6838) and the rule that holds a declared type against the
//! one that the content shows.

use std::fmt;

use crate::Invalid;

/// `type/subtype` in lower case, without parameters; at most 127 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MediaType(String);

/// The containers that are ZIP archives underneath: one content, many names.
const ZIP_FAMILY: [&str; 5] = [
    "application/zip",
    "application/x-zip-compressed",
    "application/java-archive",
    "application/x-java-archive",
    "application/vnd.android.package-archive",
];

/// Older names that clients still declare, and the registered ones.
const ALIASES: [(&str, &str); 12] = [
    (
        "application/x-msdownload",
        "application/vnd.microsoft.portable-executable",
    ),
    (
        "application/x-dosexec",
        "application/vnd.microsoft.portable-executable",
    ),
    (
        "application/x-msdos-program",
        "application/vnd.microsoft.portable-executable",
    ),
    ("application/x-rar-compressed", "application/vnd.rar"),
    ("application/x-rar", "application/vnd.rar"),
    (
        "application/x-debian-package",
        "application/vnd.debian.binary-package",
    ),
    ("application/x-bzip", "application/x-bzip2"),
    ("application/x-gtar", "application/x-tar"),
    ("application/x-tgz", "application/gzip"),
    ("application/x-gtar-compressed", "application/gzip"),
    ("application/x-compressed-tar", "application/gzip"),
    ("application/x-redhat-package-manager", "application/x-rpm"),
];

impl MediaType {
    /// Any bytes: what an absent type means.
    pub fn octet_stream() -> Self {
        Self("application/octet-stream".to_owned())
    }

    /// Reads a type; parameters such as `charset` are dropped.
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

    /// `type/subtype`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_any(&self) -> bool {
        matches!(
            self.0.as_str(),
            "application/octet-stream" | "binary/octet-stream" | "application/x-binary"
        )
    }

    fn is_text(&self) -> bool {
        let kind = self.0.as_str();
        kind.starts_with("text/")
            || kind.ends_with("+json")
            || kind.ends_with("+xml")
            || matches!(
                kind,
                "application/json"
                    | "application/xml"
                    | "application/javascript"
                    | "application/yaml"
                    | "application/toml"
                    | "application/sql"
                    | "application/x-sh"
                    | "application/rtf"
            )
    }

    /// Bytes that other formats are packed in, and that do not tell which.
    fn is_wrapping(&self) -> bool {
        matches!(
            self.0.as_str(),
            "application/zip" | "application/gzip" | "application/x-ole-storage"
        )
    }

    /// A format of some program, of which there are more than signatures.
    fn is_of_a_program(&self) -> bool {
        self.0.starts_with("application/vnd.") || self.0.starts_with("model/")
    }

    fn family(&self) -> &str {
        let kind = self.0.as_str();
        let alias = ALIASES.iter().find(|(older, _)| *older == kind);
        let kind = alias.map_or(kind, |(_, registered)| registered);
        if ZIP_FAMILY.contains(&kind)
            || kind.ends_with("+zip")
            || kind.starts_with("application/vnd.openxmlformats-")
            || kind.starts_with("application/vnd.oasis.opendocument")
            || kind.starts_with("application/vnd.ms-")
            || matches!(
                kind,
                "application/msword" | "application/x-ole-storage" | "application/x-cfb"
            )
        {
            return "office or archive";
        }
        if self.is_text() {
            return "text";
        }
        match kind.split_once('/') {
            // Containers such as Ogg, MP4 and WebM hold sound alone as well.
            Some(("audio" | "video", _)) => "audio or video",
            Some((top @ ("image" | "font"), _)) => top,
            _ if kind == "application/ogg" || kind == "application/mp4" => "audio or video",
            _ => kind
                .strip_prefix("application/x-")
                .or(kind.strip_prefix("application/"))
                .unwrap_or(kind),
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The type a file is served with, from what its uploader declared and what
/// its first bytes show, or a refusal where the two are of different families.
///
/// Content without a signature keeps a declared text type, or any other
/// declared type that has no signature to look for.
pub fn settle(declared: &MediaType, detected: Option<&MediaType>) -> Result<MediaType, Invalid> {
    match detected {
        None => Ok(declared.clone()),
        Some(found) if declared.is_any() => Ok(found.clone()),
        Some(found) if declared == found => Ok(found.clone()),
        // A declared office type says more than the archive it is packed in.
        Some(found) if declared.family() == found.family() => Ok(
            if found.family() == "office or archive" || found.family() == "text" {
                declared.clone()
            } else {
                found.clone()
            },
        ),
        Some(found) if found.is_wrapping() && declared.is_of_a_program() => Ok(declared.clone()),
        Some(found) => Err(Invalid::new(
            "content_type_mismatch",
            format!("declared as {declared}, but the content is {found}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(declared: &str, detected: Option<&str>) -> Option<String> {
        let parse = |text: &str| MediaType::parse(text).ok();
        settle(&parse(declared)?, detected.and_then(parse).as_ref())
            .ok()
            .map(|t| t.to_string())
    }

    #[test]
    fn content_decides_within_a_family() {
        assert_eq!(
            settled("image/jpeg", Some("image/png")),
            Some("image/png".into())
        );
        assert_eq!(
            settled("application/octet-stream", Some("application/pdf")),
            Some("application/pdf".into())
        );
        assert_eq!(settled("text/csv", None), Some("text/csv".into()));
        assert_eq!(
            settled("text/xml", Some("application/xml")),
            Some("text/xml".into())
        );
    }

    #[test]
    fn an_office_file_keeps_its_name() {
        let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        assert_eq!(settled(docx, Some("application/zip")), Some(docx.into()));
    }

    #[test]
    fn a_format_of_some_program_keeps_its_name() {
        for packed in ["application/vnd.google-earth.kmz", "model/3mf"] {
            assert_eq!(
                settled(packed, Some("application/zip")),
                Some(packed.into())
            );
            assert_eq!(settled(packed, Some("image/png")), None);
        }
    }

    #[test]
    fn older_names_are_understood() {
        let program = "application/vnd.microsoft.portable-executable";
        for (older, registered) in [
            ("application/x-msdownload", program),
            ("application/x-rar-compressed", "application/vnd.rar"),
            ("application/x-tgz", "application/gzip"),
            ("application/x-gzip", "application/gzip"),
        ] {
            assert_eq!(settled(older, Some(registered)), Some(registered.into()));
        }
    }

    #[test]
    fn another_family_is_refused() {
        assert_eq!(settled("application/pdf", Some("image/png")), None);
        assert_eq!(
            settled("text/plain", Some("application/x-executable")),
            None
        );
        assert_eq!(settled("image/png", Some("application/pdf")), None);
    }

    #[test]
    fn headers_cannot_be_smuggled() {
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
}
