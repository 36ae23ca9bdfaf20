//! Media type detection with the signature tables of `infer`.

use std::str;

use tenantry_application::ports::TypeDetector;
use tenantry_domain::media_type::MediaType;

/// Enough for every signature: the furthest are the names of the first members
/// of an office document.
const HEAD_BYTES: usize = 8192;

/// A detector of about ninety binary formats and four text formats: HTML, XML,
/// PDF and RTF.
///
/// Other text has no type: many signatures are two or three letters long, and
/// a text that begins with `BM` or `MZ` is neither an image nor an executable.
#[derive(Debug, Clone, Copy, Default)]
pub struct MagicTypeDetector;

impl TypeDetector for MagicTypeDetector {
    fn detect(&self, head: &[u8]) -> Option<MediaType> {
        let head = head.get(..HEAD_BYTES).unwrap_or(head);
        let name = if is_text(head) {
            text_type(head)
        } else {
            binary_type(head)
        };
        MediaType::parse(name?).ok()
    }

    fn head_bytes(&self) -> usize {
        HEAD_BYTES
    }
}

fn text_type(head: &[u8]) -> Option<&'static str> {
    if infer::text::is_html(head) {
        Some("text/html")
    } else if infer::text::is_xml(head) {
        Some("application/xml")
    } else if head.starts_with(b"%PDF-") {
        Some("application/pdf")
    } else if infer::archive::is_rtf(head) {
        Some("application/rtf")
    } else {
        None
    }
}

/// Returns the registered media type, as clients declare it, of a signature
/// that `infer` recognizes.
fn binary_type(head: &[u8]) -> Option<&'static str> {
    let found = infer::get(head)?;
    match (found.mime_type(), found.extension()) {
        // Two-byte prefixes that many formats share; scripts of any language.
        (_, "obj" | "der" | "pem" | "eot" | "sh") => None,
        // The first match of all OLE documents; the application is only known
        // from bytes further back.
        ("application/msword", _) => Some("application/x-ole-storage"),
        ("application/font-woff", "woff2") => Some("font/woff2"),
        ("application/font-woff", _) => Some("font/woff"),
        ("application/font-sfnt", "otf") => Some("font/otf"),
        ("application/font-sfnt", _) => Some("font/ttf"),
        ("application/java", _) => Some("application/java-vm"),
        ("audio/m4a", _) => Some("audio/mp4"),
        ("audio/opus", _) => Some("audio/ogg"),
        ("audio/x-flac", _) => Some("audio/flac"),
        ("audio/x-wav", _) => Some("audio/wav"),
        ("text/xml", _) => Some("application/xml"),
        (name, _) => Some(name),
    }
}

/// Returns whether `head` is UTF-8 without control characters other than
/// whitespace, form feed and escape. A character cut off at the end is accepted.
fn is_text(head: &[u8]) -> bool {
    let is_plain = |byte: &u8| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | 0x1B);
    let is_utf8 = match str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    is_utf8 && head.iter().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(head: &[u8]) -> Option<String> {
        MagicTypeDetector
            .detect(head)
            .map(|found| found.as_str().to_owned())
    }

    #[test]
    fn signatures_are_detected() {
        for (head, expected) in [
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), "image/png"),
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF\0", "image/jpeg"),
            (b"GIF89a\x01\0\x01\0", "image/gif"),
            (b"PK\x03\x04\x14\0\0\0\x08\0", "application/zip"),
            (b"\x1F\x8B\x08\0\0\0\0\0", "application/gzip"),
            (b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n", "application/pdf"),
            (b"%PDF-1.4\n1 0 obj\n<< >>", "application/pdf"),
            (b"{\\rtf1\\ansi Hello}", "application/rtf"),
            (b"wOF2\0\x01\0\0\0\0\0\0", "font/woff2"),
            (b"OggS\0\x02\0\0\0\0\0\0", "audio/ogg"),
            (b"fLaC\0\0\0\x22", "audio/flac"),
            (
                b"MZ\x90\0\x03\0\0\0",
                "application/vnd.microsoft.portable-executable",
            ),
            (
                b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0",
                "application/x-ole-storage",
            ),
            (b"<!DOCTYPE html><title>x</title>", "text/html"),
            (b" \n<script >alert(1)</script>", "text/html"),
            (b"<?xml version=\"1.0\"?><svg/>", "application/xml"),
        ] {
            assert_eq!(detected(head).as_deref(), Some(expected));
        }
    }

    #[test]
    fn plain_text_has_no_type() {
        for head in [
            "",
            "BMW makes cars",
            "MZ and other letters",
            "ID3 is an algorithm",
            "MAC addresses: 00:11",
            "070701 is a number",
            "BZh, GIF89a, %PDF- and FWS are signatures",
            "%!TEX root = main.tex",
            "a,b\n1,2\n",
            "{\"a\": 1}",
            "#!/usr/bin/env python3\n",
            "-----BEGIN PRIVATE KEY-----\n",
            "résumé 履歴書",
            "\u{FEFF}a;b\r\n",
        ] {
            assert_eq!(detected(head.as_bytes()), None, "{head}");
        }
        let cut = "é".repeat(HEAD_BYTES);
        assert_eq!(
            detected(cut.as_bytes().get(..HEAD_BYTES - 1).unwrap_or_default()),
            None
        );
    }

    #[test]
    fn unknown_and_truncated_content_is_accepted() {
        assert_eq!(detected(&[0, 2, 0, 0, 1]), None);
        assert_eq!(detected(&[0x30, 0x82, 1, 2]), None);
        let zip = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0\x13\0\0\0[Content_Types].xml";
        for end in 0..=zip.len() {
            let _ = detected(zip.get(..end).unwrap_or_default());
        }
    }
}
