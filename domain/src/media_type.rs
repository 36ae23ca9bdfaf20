//! Media types (RFC 6838), and the reconciliation of declared and detected
//! types.

use std::fmt;

use crate::Invalid;

/// A lowercase `type/subtype` without parameters, at most 127 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MediaType(String);

/// Formats that are ZIP archives under different names.
const ZIP_FAMILY: [&str; 5] = [
    "application/zip",
    "application/x-zip-compressed",
    "application/java-archive",
    "application/x-java-archive",
    "application/vnd.android.package-archive",
];

/// Legacy names that clients still declare, with their registered names.
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

    /// Returns whether the type is a container that other formats use, so that
    /// its signature does not identify the format.
    fn is_container(&self) -> bool {
        matches!(
            self.0.as_str(),
            "application/zip" | "application/gzip" | "application/x-ole-storage"
        )
    }

    /// Returns whether the type is specific to an application; few of these
    /// have a known signature.
    fn is_application_specific(&self) -> bool {
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
            // Containers such as Ogg, MP4 and WebM may contain audio only.
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

/// Determines the media type to serve from the declared and the detected type,
/// or fails if the two belong to different families.
///
/// Content without a known signature keeps its declared type.
pub fn resolve(declared: &MediaType, detected: Option<&MediaType>) -> Result<MediaType, Invalid> {
    match detected {
        None => Ok(declared.clone()),
        Some(detected) if declared.is_any() => Ok(detected.clone()),
        Some(detected) if declared == detected => Ok(detected.clone()),
        // The declared office type is more specific than the detected archive.
        Some(detected) if declared.family() == detected.family() => Ok(
            if matches!(detected.family(), "office or archive" | "text") {
                declared.clone()
            } else {
                detected.clone()
            },
        ),
        Some(detected) if detected.is_container() && declared.is_application_specific() => {
            Ok(declared.clone())
        }
        Some(detected) => Err(Invalid::new(
            "content_type_mismatch",
            format!("declared as {declared}, but the content is {detected}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(declared: &str, detected: Option<&str>) -> Option<String> {
        let parse = |text: &str| MediaType::parse(text).ok();
        resolve(&parse(declared)?, detected.and_then(parse).as_ref())
            .ok()
            .map(|t| t.to_string())
    }

    #[test]
    fn the_detected_type_wins_within_a_family() {
        assert_eq!(
            resolved("image/jpeg", Some("image/png")),
            Some("image/png".into())
        );
        assert_eq!(
            resolved("application/octet-stream", Some("application/pdf")),
            Some("application/pdf".into())
        );
        assert_eq!(resolved("text/csv", None), Some("text/csv".into()));
        assert_eq!(
            resolved("text/xml", Some("application/xml")),
            Some("text/xml".into())
        );
    }

    #[test]
    fn office_files_keep_their_declared_type() {
        let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        assert_eq!(resolved(docx, Some("application/zip")), Some(docx.into()));
    }

    #[test]
    fn application_specific_types_keep_their_declared_type() {
        for packed in ["application/vnd.google-earth.kmz", "model/3mf"] {
            assert_eq!(
                resolved(packed, Some("application/zip")),
                Some(packed.into())
            );
            assert_eq!(resolved(packed, Some("image/png")), None);
        }
    }

    #[test]
    fn legacy_names_are_understood() {
        let program = "application/vnd.microsoft.portable-executable";
        for (older, registered) in [
            ("application/x-msdownload", program),
            ("application/x-rar-compressed", "application/vnd.rar"),
            ("application/x-tgz", "application/gzip"),
            ("application/x-gzip", "application/gzip"),
        ] {
            assert_eq!(resolved(older, Some(registered)), Some(registered.into()));
        }
    }

    #[test]
    fn types_of_different_families_are_rejected() {
        assert_eq!(resolved("application/pdf", Some("image/png")), None);
        assert_eq!(
            resolved("text/plain", Some("application/x-executable")),
            None
        );
        assert_eq!(resolved("image/png", Some("application/pdf")), None);
    }

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
}
