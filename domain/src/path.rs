//! Where a file lies: logical paths and file names. Neither ever becomes a
//! path of an operating system or a key of a blob store.

use std::fmt;

use crate::{Invalid, text};

/// The place of a file inside its bucket, `folder/name.ext`.
///
/// Invariants: 1 to 1,024 bytes, composed (NFC), segments of 1 to 255 bytes
/// divided by single `/`, none of them `.` or `..`, none with a backslash, a
/// control character or an invisible one, none that begins or ends with white
/// space. Paths compare byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogicalPath(String);

impl LogicalPath {
    /// Reads a path.
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

    /// The whole path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The same path with ` (mark)` before the extension, cut where it would
    /// grow too long.
    pub fn marked(&self, mark: impl fmt::Display) -> Result<Self, Invalid> {
        let name = self.file_name();
        let folder = &self.0[..self.0.len() - name.len()];
        let (stem, extension) = split_extension(name);
        let suffix = format!(" ({mark}){extension}");
        let room = 255usize.saturating_sub(suffix.len());
        Self::parse(&format!("{folder}{}{suffix}", cut(stem, room)))
    }
}

impl fmt::Display for LogicalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The beginning of paths, for listing: like a path, but it may be empty and
/// may end with `/` or in the middle of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathPrefix(String);

impl PathPrefix {
    /// Reads a prefix.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text::compose(text);
        if text.len() > 1024 {
            return Err(Invalid::too_long(1024, "bytes"));
        }
        text::refuse_hidden(&text)?;
        Ok(Self(text))
    }

    /// The prefix.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A path made of the name that a client's form gave its file: the part
/// behind the last slash or backslash, without what a path refuses, or `file`
/// where nothing is left.
pub fn from_client_name(name: &str) -> LogicalPath {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = text::compose(last)
        .chars()
        .filter(|c| !text::is_hidden(*c))
        .collect();
    let (stem, extension) = split_extension(plain.trim());
    let extension = cut(extension, 32);
    let stem = cut(stem, 255 - extension.len());
    LogicalPath::parse(format!("{stem}{extension}").trim())
        .unwrap_or_else(|_| LogicalPath("file".to_owned()))
}

fn check_segment(segment: &str) -> Result<(), Invalid> {
    if segment.is_empty() || segment == "." || segment == ".." {
        return Err(Invalid::format("must not have empty, . or .. segments"));
    }
    if segment.len() > 255 {
        return Err(Invalid::new(
            "too_long",
            "must have at most 255 bytes in a segment",
        ));
    }
    if segment.contains('\\') {
        return Err(Invalid::characters("must not contain a backslash"));
    }
    if segment.trim() != segment {
        return Err(Invalid::format(
            "must not have segments that begin or end with white space",
        ));
    }
    text::refuse_hidden(segment)
}

fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    }
}

fn cut(text: &str, bytes: usize) -> &str {
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
    fn tricks_are_no_paths() {
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
    fn both_forms_of_a_letter_are_one_path() {
        assert_eq!(LogicalPath::parse("u\u{308}"), LogicalPath::parse("ü"));
    }

    #[test]
    fn numbers_go_before_the_extension() {
        let marked = |text: &str| {
            LogicalPath::parse(text)
                .and_then(|p| p.marked(2))
                .map(|p| p.to_string())
        };
        assert_eq!(marked("a/report.pdf"), Ok("a/report (2).pdf".into()));
        assert_eq!(marked(".env"), Ok(".env (2)".into()));
        let long = marked(&format!("{}.pdf", "ü".repeat(125)));
        assert!(long.is_ok_and(|p| p.len() <= 255 && p.ends_with(" (2).pdf")));
    }

    #[test]
    fn a_clients_file_name_always_becomes_a_path() {
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
