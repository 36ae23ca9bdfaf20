//! Logical paths and file names. Neither is ever used as a file system path or
//! as the key of an object.

use std::fmt;

use crate::{Invalid, text};

/// A file's path within its space, such as `folder/name.ext`.
///
/// Invariants: 1 to 1,024 bytes, NFC, segments of 1 to 255 bytes separated by
/// single `/`. No segment is `.` or `..`, contains a backslash or hidden character
/// ([`text::reject_hidden`]), or starts or ends with white space. Paths are compared
/// byte by byte.
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
/// the last slash or backslash, truncates it and falls back to `file`. Fails if it
/// has hidden characters.
pub fn from_client_name(name: &str) -> Result<LogicalPath, Invalid> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = text::compose(last.trim());
    text::reject_hidden(&name)?;
    let (stem, extension) = split_extension(&name);
    let extension = truncate(extension, 32);
    let stem = truncate(stem, 255 - extension.len());
    let path = LogicalPath::parse(format!("{stem}{extension}").trim());
    Ok(path.unwrap_or_else(|_| LogicalPath("file".to_owned())))
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

/// Extensions of compressed files, which often follow that of the content.
const COMPRESSIONS: [&str; 11] = [
    ".br", ".bz", ".bz2", ".gz", ".lz", ".lz4", ".lzma", ".lzo", ".xz", ".z", ".zst",
];

/// Splits a name before its extension. That of a compressed file includes the
/// extension of the content if that is short and not a number, as in `.tar.gz`;
/// browsers use the same rule.
fn split_extension(name: &str) -> (&str, &str) {
    let split = |name: &str| name.rfind('.').filter(|dot| *dot > 0);
    let Some(last) = split(name) else {
        return (name, "");
    };
    let (stem, extension) = name.split_at(last);
    let is_compressed = COMPRESSIONS
        .iter()
        .any(|it| extension.eq_ignore_ascii_case(it));
    let inner = split(stem).filter(|dot| is_compressed && is_content(&stem[dot + 1..]));
    name.split_at(inner.unwrap_or(last))
}

/// Returns whether an extension may be that of a compressed content.
fn is_content(extension: &str) -> bool {
    let starts_with_letter = extension.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_alphanumeric = extension.chars().all(|c| c.is_ascii_alphanumeric());
    starts_with_letter && is_alphanumeric && extension.len() <= 4
}

/// Returns the start of a text, without white space and invisible characters where
/// it was cut.
fn truncate(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text.trim_end();
    }
    let mut end = bytes;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end_matches(|c: char| c.is_whitespace() || text::is_hidden(c))
}

#[cfg(test)]
#[expect(clippy::panic, reason = "a failed test may panic")]
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
    fn compound_extensions_are_kept_together() {
        for (name, second) in [
            ("report.tar.gz", "report (2).tar.gz"),
            ("REPORT.TAR.GZ", "REPORT (2).TAR.GZ"),
            ("backup.2024.tar.zst", "backup.2024 (2).tar.zst"),
            ("data.csv.gz", "data (2).csv.gz"),
            ("dump.sql.bz2", "dump (2).sql.bz2"),
            ("disk.ext4.xz", "disk (2).ext4.xz"),
            ("old.tar.Z", "old (2).tar.Z"),
            ("tenantry-1.2.gz", "tenantry-1.2 (2).gz"),
            ("Mr. Smith.gz", "Mr. Smith (2).gz"),
            ("notes.final.gz", "notes.final (2).gz"),
            ("a..gz", "a. (2).gz"),
            ("report.tar", "report (2).tar"),
            ("archive.tar.pdf", "archive.tar (2).pdf"),
            ("a.gz", "a (2).gz"),
            (".tar.gz", ".tar (2).gz"),
            ("dir.tar.gz/report.pdf", "dir.tar.gz/report (2).pdf"),
        ] {
            let marked = LogicalPath::parse(name).and_then(|path| path.with_mark(2));
            let marked = marked.map(|path| path.to_string());
            assert_eq!(marked.as_deref(), Ok(second), "{name}");
        }
    }

    #[test]
    fn every_visible_client_file_name_becomes_a_valid_path() {
        let path = |text: &str| from_client_name(text).map(|path| path.to_string());
        let file = |name: &str| Ok(name.to_owned());
        assert_eq!(path("C:\\Users\\ann\\report.pdf"), file("report.pdf"));
        assert_eq!(path("../../etc/passwd"), file("passwd"));
        assert_eq!(path(" a.pdf\t"), file("a.pdf"));
        assert_eq!(path("می\u{200C}خواهم.pdf"), file("می\u{200C}خواهم.pdf"));
        for odd in ["", "..", ".", "/", "   "] {
            assert_eq!(path(odd), file("file"), "{odd:?}");
        }
        for hidden in [
            "a\r\nSet-Cookie: x.pdf",
            "\0",
            "a\u{202E}fdp.exe",
            "a\u{AD}b",
        ] {
            assert!(path(hidden).is_err(), "{hidden:?}");
        }
    }

    #[test]
    fn long_names_are_cut_between_visible_characters() {
        // A family, whose joiners would be hidden characters at the end.
        let family = "👨\u{200D}👩\u{200D}👧\u{200D}👦";
        for unit in ["ü", "می\u{200C}", "🗂\u{FE0F}", family] {
            for padding in 0..unit.len() {
                let stem = format!("{}{}", "x".repeat(padding), unit.repeat(200));
                let Ok(path) = from_client_name(&format!("{stem}a.pdf")) else {
                    panic!("{stem} is visible");
                };
                assert!(path.as_str().len() <= 255, "{path}");
                assert_eq!(split_extension(path.as_str()).1, ".pdf", "{path}");
                let marked = path.with_mark(2).map(|path| path.to_string());
                assert!(
                    marked.is_ok_and(|path| path.ends_with(" (2).pdf")),
                    "{path}"
                );
            }
        }
    }
}
