//! Logical paths and file names. Neither is ever used as a file system path or
//! as the key of an object.

use std::fmt;

use crate::{Invalid, text};

/// A file's path within its space, such as `folder/name.ext`.
///
/// Invariants: 1 to 1,024 bytes, NFC, segments of 1 to 255 bytes separated by
/// single `/`. No segment is `.` or `..`, contains a backslash, control
/// character or invisible character, or starts or ends with white space. Paths
/// are compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogicalPath(String);

impl LogicalPath {
    /// Parses a path.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text::compose(text);
        if text.is_empty() {
            return Err(Invalid::too_short(1, "bytes"));
        }
        if text.len() > 1024 {
            return Err(Invalid::too_long(1024, "bytes"));
        }
        text.split('/').try_for_each(check_segment)?;
        Ok(Self(text))
    }

    /// Returns the whole path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last segment.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// Returns the path with ` (mark)` inserted before the extension,
    /// truncating the file name if necessary.
    pub fn with_mark(&self, mark: impl fmt::Display) -> Result<Self, Invalid> {
        let name = self.file_name();
        let folder = &self.0[..self.0.len() - name.len()];
        let (stem, extension) = split_extension(name);
        let suffix = format!(" ({mark}){extension}");
        let room = 255usize.saturating_sub(suffix.len());
        Self::parse(&format!("{folder}{}{suffix}", truncate(stem, room)))
    }
}

impl fmt::Display for LogicalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A path prefix for lists: like a path, but it may be empty, end with `/` or
/// end in the middle of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathPrefix(String);

impl PathPrefix {
    /// Parses a prefix.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text::compose(text);
        if text.len() > 1024 {
            return Err(Invalid::too_long(1024, "bytes"));
        }
        text::reject_hidden(&text)?;
        Ok(Self(text))
    }

    /// Returns the prefix.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Derives a path from the file name that a client sent: takes the part after
/// the last slash or backslash, removes disallowed characters and falls back to
/// `file`.
pub fn from_client_name(name: &str) -> LogicalPath {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = text::compose(last)
        .chars()
        .filter(|c| !text::is_hidden(*c))
        .collect();
    let (stem, extension) = split_extension(visible.trim());
    let extension = truncate(extension, 32);
    let stem = truncate(stem, 255 - extension.len());
    LogicalPath::parse(format!("{stem}{extension}").trim())
        .unwrap_or_else(|_| LogicalPath("file".to_owned()))
}

fn check_segment(segment: &str) -> Result<(), Invalid> {
    if segment.is_empty() || segment == "." || segment == ".." {
        return Err(Invalid::format(
            "must not have an empty segment, or one of `.` or `..`",
        ));
    }
    if segment.len() > 255 {
        return Err(Invalid::new(
            "too_long",
            "must not have segments of more than 255 bytes",
        ));
    }
    if segment.contains('\\') {
        return Err(Invalid::characters("must not contain a backslash"));
    }
    if segment.trim() != segment {
        return Err(Invalid::format(
            "must not have segments that start or end with white space",
        ));
    }
    text::reject_hidden(segment)
}

fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    }
}

fn truncate(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_paths_are_rejected() {
        let long = "a/".repeat(512) + "a";
        let wide = "x".repeat(256);
        for text in [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "a/../b",
            "./a",
            "a\\b",
            "a\0",
            "a\nb",
            " a",
            "a /b",
            "a\u{202E}fdp.exe",
            &long,
            &wide,
        ] {
            assert!(LogicalPath::parse(text).is_err(), "{text:?}");
        }
        for text in [
            "a",
            ".hidden",
            "a/b.c",
            "...",
            "Ünï/文件.pdf",
            "con",
            "a%2Fb",
            "a:b",
        ] {
            assert!(LogicalPath::parse(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn composed_and_decomposed_forms_are_the_same_path() {
        assert_eq!(LogicalPath::parse("u\u{308}"), LogicalPath::parse("ü"));
    }

    #[test]
    fn marks_are_inserted_before_the_extension() {
        let marked = |text: &str| {
            LogicalPath::parse(text)
                .and_then(|p| p.with_mark(2))
                .map(|p| p.to_string())
        };
        assert_eq!(marked("a/report.pdf"), Ok("a/report (2).pdf".into()));
        assert_eq!(marked(".env"), Ok(".env (2)".into()));
        let long = marked(&format!("{}.pdf", "ü".repeat(125)));
        assert!(long.is_ok_and(|p| p.len() <= 255 && p.ends_with(" (2).pdf")));
    }

    #[test]
    fn every_client_file_name_becomes_a_valid_path() {
        let path = |text: &str| from_client_name(text).to_string();
        assert_eq!(path("C:\\Users\\ann\\report.pdf"), "report.pdf");
        assert_eq!(path("../../etc/passwd"), "passwd");
        assert_eq!(path("a\r\nSet-Cookie: x.pdf"), "aSet-Cookie: x.pdf");
        for odd in ["", "..", ".", "/", "\0", "   "] {
            assert_eq!(path(odd), "file", "{odd:?}");
        }
        assert!(path(&"ü".repeat(400)).len() <= 255);
    }
}
