//! Reported cases, each reduced to its smallest content.

use tenantry_domain::media_type::ContentTypes;

use crate::checked;

const ZIP: &[u8] = b"PK\x03\x04";
const OLE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
const GZIP: &[u8] = b"\x1F\x8B\x08";

fn served(declared: &str, name: &str, content: &[u8]) -> (String, bool) {
    checked(ContentTypes::Safe, declared, name, content)
        .unwrap_or_else(|error| panic!("{declared} {name}: {}", error.message))
}

fn expect(declared: &str, name: &str, content: &[u8], kind: &str, differs: bool) {
    let expected = (kind.to_owned(), differs);
    assert_eq!(
        served(declared, name, content),
        expected,
        "{declared} {name}"
    );
}

#[test]
fn illustrator_files_are_accepted_under_the_types_of_browsers() {
    let pdf = b"%PDF-";
    expect(
        "application/postscript",
        "a.ai",
        pdf,
        "application/pdf",
        true,
    );
    expect(
        "application/illustrator",
        "a.ai",
        pdf,
        "application/illustrator",
        false,
    );
}

#[test]
fn compressed_files_are_accepted_under_the_types_of_their_contents() {
    for declared in [
        "application/x-tar",
        "text/csv",
        "application/sql",
        "image/svg+xml",
    ] {
        expect(declared, "x", GZIP, "application/gzip", true);
    }
}

#[test]
fn formats_in_zip_archives_keep_their_declared_types() {
    for declared in [
        "application/x-krita",
        "application/x-xpinstall",
        "application/x-cbz",
        "application/x-ios-app",
        "application/vnd.google-earth.kmz",
        "model/3mf",
    ] {
        expect(declared, "x", ZIP, declared, false);
    }
}

#[test]
fn office_documents_are_accepted_in_the_formats_that_office_writes() {
    expect(
        "application/msword",
        "a.doc",
        b"{\\rtf",
        "application/rtf",
        true,
    );
    expect(
        "application/vnd.ms-excel",
        "a.xls",
        b"<?xml",
        "application/vnd.ms-excel",
        false,
    );
    for (declared, name) in [
        ("application/vnd.ms-excel", "a.xls"),
        ("application/msword", "a.doc"),
    ] {
        expect(declared, name, b"<table><tr>", "text/html", true);
        expect(declared, name, b"<html xmlns:o=\"\">", "text/html", true);
    }
}

#[test]
fn text_that_begins_like_a_short_signature_is_text() {
    for content in [
        b"BM\xFC".as_slice(),
        b"MZ\xFC",
        b"ID3\xFC",
        b"BM;M\xFCller\r\n",
        b"MZ;stra\xDFe\r\n",
        b"BMW makes cars",
        b"MZ and other letters",
        b"ID3 is an algorithm",
    ] {
        expect("text/csv", "a.csv", content, "text/csv", false);
        expect("text/plain", "x", content, "text/plain", false);
        expect("", "x", content, "text/plain", false);
        let as_image = checked(ContentTypes::Safe, "image/png", "x", content);
        assert_eq!(as_image.expect_err("text").code, "content_type_mismatch");
    }
    for (declared, content) in [
        ("image/bmp", b"BMW makes cars".as_slice()),
        ("audio/mpeg", b"ID3 is an algorithm"),
    ] {
        assert!(checked(ContentTypes::Safe, declared, "x", content).is_err());
    }
}

#[test]
fn desktop_types_are_accepted() {
    let sqlite = b"SQLite format 3\0";
    let elf = b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0";
    let program = b"MZ\x90\0\x03\0\0\0";
    expect(
        "application/x-sqlite3",
        "a.db",
        sqlite,
        "application/vnd.sqlite3",
        false,
    );
    let geopackage = "application/geopackage+sqlite3";
    expect(geopackage, "a.gpkg", sqlite, geopackage, false);
    expect(
        "application/x-msi",
        "a.msi",
        OLE,
        "application/x-msi",
        false,
    );
    expect(
        "application/x-hwp",
        "a.hwp",
        OLE,
        "application/x-hwp",
        false,
    );
    expect(
        "application/x-sharedlib",
        "a.so",
        elf,
        "application/x-sharedlib",
        false,
    );
    let windows = "application/vnd.microsoft.portable-executable";
    expect(
        "application/x-ms-dos-executable",
        "a.exe",
        program,
        windows,
        false,
    );
    expect("application/x-msdownload", "a.exe", program, windows, false);
}

#[test]
fn types_of_tools_that_know_none_count_as_none() {
    for declared in [
        "",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/force-download",
        "application/x-download",
        "unknown/unknown",
        "binary/octet-stream",
    ] {
        expect(declared, "x", b"\x89PNG\r\n\x1A\n", "image/png", false);
        expect(declared, "x", b"\xFF\xD8\xFF", "image/jpeg", false);
        expect(declared, "x", b"a=1&b=2", "text/plain", false);
        expect(declared, "x", b"\0\x01", "application/octet-stream", false);
        expect(declared, "x", b"", "application/octet-stream", false);
    }
}

#[test]
fn older_names_of_types_are_accepted() {
    expect("application/x-zip", "a.zip", ZIP, "application/zip", false);
    expect(
        "application/x-msexcel",
        "a.xls",
        OLE,
        "application/x-msexcel",
        false,
    );
    let bitmap = b"BM\x40\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0";
    expect("image/x-ms-bmp", "a.bmp", bitmap, "image/bmp", false);
    expect("image/x-bmp", "a.bmp", bitmap, "image/bmp", false);
    expect(
        "image/pjpeg",
        "a.jpg",
        b"\xFF\xD8\xFF\xE0",
        "image/jpeg",
        false,
    );
    expect(
        "application/x-rar",
        "a.rar",
        b"Rar!\x1A\x07\x01\0",
        "application/vnd.rar",
        false,
    );
}

#[test]
fn empty_content_keeps_its_declared_type() {
    expect("image/png", "a.png", b"", "image/png", false);
    expect("", "a.png", b"", "application/octet-stream", false);
}

#[test]
fn related_types_do_not_differ() {
    for (declared, content, kind) in [
        (
            "text/xml",
            b"<?xml version=\"1.0\"?><a/>".as_slice(),
            "application/xml",
        ),
        (
            "text/plain",
            b"<?xml version=\"1.0\"?><a/>",
            "application/xml",
        ),
        (
            "application/rss+xml",
            b"<?xml version=\"1.0\"?><rss/>",
            "application/rss+xml",
        ),
        ("application/json", b"{}", "application/json"),
        ("text/csv", b"a,b", "text/csv"),
        ("application/x-unknown", b"hello", "application/x-unknown"),
        ("image/x-png", b"\x89PNG\r\n\x1A\n", "image/png"),
        (
            "audio/webm",
            b"\x1A\x45\xDF\xA3\x42\x82\x84webm",
            "audio/webm",
        ),
        ("audio/mp4", b"\0\0\0\x18ftypisom\0\0\x02\0", "audio/mp4"),
    ] {
        expect(declared, "x", content, kind, false);
    }
    for (declared, content, kind) in [
        ("image/jpeg", b"\x89PNG\r\n\x1A\n".as_slice(), "image/png"),
        ("application/zip", b"hello", "text/plain"),
        ("application/gzip", ZIP, "application/zip"),
        ("text/csv", ZIP, "application/zip"),
        ("application/x-unknown", b"\x89PNG\r\n\x1A\n", "image/png"),
        ("video/mp2t", b"const a = 1;", "text/plain"),
    ] {
        expect(declared, "main.ts", content, kind, true);
    }
}

#[test]
fn strict_fails_on_every_difference_and_off_on_none() {
    let png = b"\x89PNG\r\n\x1A\n";
    let html = b"<!DOCTYPE html>";
    assert!(checked(ContentTypes::Safe, "image/jpeg", "x", png).is_ok());
    for (declared, content) in [
        ("image/jpeg", png.as_slice()),
        ("application/zip", b"hello"),
    ] {
        let strict = checked(ContentTypes::Strict, declared, "x", content);
        assert_eq!(
            strict.expect_err("a difference").code,
            "content_type_mismatch"
        );
    }
    assert!(checked(ContentTypes::Strict, "text/csv", "x", b"a,b").is_ok());
    for (declared, content, kind) in [
        ("image/jpeg", png.as_slice(), "image/png"),
        ("image/png", html, "text/html"),
        ("image/png", b"hello", "text/plain"),
        ("image/png", b"\0\x01", "application/octet-stream"),
    ] {
        let off = checked(ContentTypes::Off, declared, "invoice.png", content);
        assert_eq!(off, Ok((kind.to_owned(), true)), "{declared}");
    }
}
