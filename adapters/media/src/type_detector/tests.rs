use std::io::Write;

use flate2::{Compression, write::DeflateEncoder};

use super::*;

fn detected(head: &[u8]) -> Option<String> {
    let found = MagicTypeDetector.detect(head);
    found.signature.map(|found| found.as_str().to_owned())
}

#[test]
fn signatures_are_detected() {
    for (head, expected) in [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), "image/png"),
        (b"\xFF\xD8\xFF", "image/jpeg"),
        (b"GIF89a\x01\0\x01\0", "image/gif"),
        (b"PK\x03\x04\x14\0\0\0\x08\0", "application/zip"),
        (b"\x1F\x8B\x08", "application/gzip"),
        (b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n", "application/pdf"),
        (b"%PDF-1.4\n1 0 obj\n<< >>", "application/pdf"),
        (b"{\\rtf1\\ansi Hello}", "application/rtf"),
        (b"wOF2\0\x01\0\0\0\0\0\0", "font/woff2"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"ID3\x03\0\0\0\0\0\x0A", "audio/mpeg"),
        (b"#!/usr/bin/env python3\n", "application/x-shellscript"),
        (
            b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0",
            "application/x-executable",
        ),
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
        (b"<!-- x --> <HTML>", "text/html"),
        (b"\xFF\xFE<\0h\0t\0m\0l\0>\0", "text/html"),
        (b"<html>\0\x01", "text/html"),
        (
            b"<?xml version=\"1.0\"?><html xmlns=\"x\"/>",
            "application/xhtml+xml",
        ),
        (b"<?xml version=\"1.0\"?><svg/>", "image/svg+xml"),
        (
            b"\xEF\xBB\xBF<!DOCTYPE svg [<!ENTITY a \"<b>\">]><s:svg >",
            "image/svg+xml",
        ),
        (b"<?xml version=\"1.0\"?><a><svg/></a>", "application/xml"),
    ] {
        assert_eq!(
            detected(head).as_deref(),
            Some(expected),
            "{}",
            head.escape_ascii()
        );
    }
}

#[test]
fn plain_text_has_no_signature() {
    for head in [
        "BMW makes cars",
        "MZ and other letters",
        "ID3 is an algorithm",
        "MAC addresses: 00:11",
        "070701 is a number",
        "BZh, GIF89a, %PDF- and FWS are signatures",
        "%!TEX root = main.tex",
        "a,b\n1,2\n",
        "{\"a\": 1}",
        "#![no_std]\n",
        "# heading",
        "<bob@example.com> wrote:",
        "solid ground",
        "-----BEGIN PRIVATE KEY-----\n",
        "résumé 履歴書",
        "\u{FEFF}a;b\r\n",
    ] {
        let found = MagicTypeDetector.detect(head.as_bytes());
        assert_eq!((found.signature, found.is_text), (None, true), "{head}");
    }
    for legacy in [
        b"BM\xFCller".as_slice(),
        b"MZ\xFC",
        b"ID3\xFC",
        b"\xFF\xFEa\0,\0",
    ] {
        let found = MagicTypeDetector.detect(legacy);
        assert_eq!((found.signature, found.is_text), (None, true));
    }
    let cut = "é".repeat(HEAD_BYTES);
    let found = MagicTypeDetector.detect(cut.as_bytes().get(..HEAD_BYTES - 1).unwrap_or_default());
    assert!(found.is_text);
}

/// Checks that two or three bytes of a signature are not enough.
#[test]
fn short_signatures_need_a_plausible_header() {
    for head in [
        b"BM\x01\x02\x03\x04\x05\x06\x07\x08\0\0\x36\0\0\0\x28\0\0\0\0\0\0\0\0\0\x01\0".as_slice(),
        b"MZ\xFF\xFF\0\0\xFF\xFF\xFF\xFF\0\0",
        b"ID3\x03\0\xFF\xFF\xFF\xFF\xFF",
        b"ID3\0\0\0",
        b"\xFF\xFB\xFF\xFF\0\0",
        b"\x1F\x8B\x07\0",
        b"BZh0\0\0",
        &[0, 2, 0, 0, 1],
        &[0x30, 0x82, 1, 2],
    ] {
        assert_eq!(detected(head), None, "{}", head.escape_ascii());
    }
}

/// Creates a member of an archive; a streamed one has its sizes behind it.
fn member(name: &str, content: &[u8], compressed: bool, streamed: bool) -> Vec<u8> {
    let mut data = content.to_vec();
    if compressed {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        let written = encoder.write_all(content);
        data = written.and_then(|()| encoder.finish()).unwrap_or_default();
    }
    let length = |length: usize| u32::try_from(length).unwrap_or_default().to_le_bytes();
    let size = if streamed { 0 } else { data.len() };
    let mut member = b"PK\x03\x04\x14\0".to_vec();
    member.extend([if streamed { 8 } else { 0 }, 0]);
    member.extend([if compressed { 8 } else { 0 }, 0]);
    member.extend([0; 8]);
    member.extend(length(size));
    member.extend(length(content.len()));
    member.extend(length(name.len()).iter().take(2));
    member.extend([0, 0]);
    member.extend(name.as_bytes());
    member.extend(data);
    member
}

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

#[test]
fn office_documents_are_detected_in_any_order_of_members() {
    let types = format!("<Types><Override ContentType=\"{DOCX}.main+xml\"/></Types>");
    let python_docx = [
        "[Content_Types].xml",
        "_rels/.rels",
        "docProps/core.xml",
        "docProps/app.xml",
        "word/document.xml",
    ];
    let mut orders = vec![python_docx.to_vec()];
    for first in 0..python_docx.len() {
        let mut order = python_docx.to_vec();
        order.rotate_left(first);
        orders.push(order.clone());
        order.reverse();
        orders.push(order);
    }
    for order in orders {
        for (compressed, streamed) in [(false, false), (true, false), (true, true)] {
            // Also without a readable list of types.
            for list in [types.as_str(), "<Types/>"] {
                let members = order.iter().flat_map(|name| {
                    let content = if name.starts_with('[') { list } else { "<x/>" };
                    member(name, content.as_bytes(), compressed, streamed)
                });
                let archive: Vec<_> = members.collect();
                assert_eq!(detected(&archive).as_deref(), Some(DOCX), "{order:?}");
            }
        }
    }
    // The main part is out of reach behind a large preview.
    let mut archive = member("[Content_Types].xml", types.as_bytes(), true, false);
    archive.extend(member(
        "docProps/thumbnail.jpeg",
        &vec![7; HEAD_BYTES],
        false,
        false,
    ));
    assert_eq!(detected(&archive).as_deref(), Some(DOCX));
}

#[test]
fn formats_in_zip_archives_are_detected() {
    let epub = member("mimetype", b"application/epub+zip", false, false);
    assert_eq!(detected(&epub).as_deref(), Some("application/epub+zip"));
    let jar = member("META-INF/MANIFEST.MF", b"", false, false);
    assert_eq!(detected(&jar).as_deref(), Some("application/java-archive"));
    let workbook = "application/vnd.ms-excel.sheet.macroEnabled";
    let list = format!("<Override ContentType=\"{workbook}.main+xml\"/>");
    let archive = member("[Content_Types].xml", list.as_bytes(), true, true);
    let expected = format!("{}.12", workbook.to_lowercase());
    assert_eq!(detected(&archive), Some(expected));
    // A folder alone, and a claim to be an image, prove nothing.
    for archive in [
        member("word/a.txt", b"x", false, false),
        member("mimetype", b"image/png", false, false),
        member("mimetype", b"application/pdf", false, false),
    ] {
        assert_eq!(detected(&archive).as_deref(), Some("application/zip"));
    }
}

#[test]
fn truncated_content_is_accepted() {
    let mut samples = vec![
        member("[Content_Types].xml", &[b'x'; 100], true, false),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
        b"\xFF\xFE<\0h\0\x3D\xD8".to_vec(),
        b"<?xml <!-- <!DOCTYPE [ ]".to_vec(),
        b"<!DOCTYPE x [".to_vec(),
        b"<!DOCTYPE x [ ] > <".to_vec(),
        b"MZ\x90\0\x03\0\0\0\x04\0".to_vec(),
    ];
    samples.extend([0_u8, 0x1F, b'B', b'<', 0xFF].map(|byte| vec![byte; 40]));
    for sample in samples {
        for end in 0..=sample.len() {
            let found = MagicTypeDetector.detect(sample.get(..end).unwrap_or_default());
            assert_eq!(found.is_empty, end == 0);
        }
    }
}
