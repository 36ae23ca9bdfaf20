//! Active and executable content under types and names that conceal it, and
//! other content under types of media.

use tenantry_domain::media_type::ContentTypes;

use crate::{checked, contents::content, expect_none};

const ACTIVE: [&str; 10] = [
    "class",
    "elf",
    "elf-library",
    "html",
    "macho",
    "php",
    "program",
    "script",
    "svg",
    "wasm",
];

/// Inert types, and a name of each.
const INERT: [(&str, &str); 20] = [
    ("image/png", "invoice.png"),
    ("image/jpeg", "photo.jpg"),
    ("image/gif", "anim.gif"),
    ("image/webp", "photo.webp"),
    ("image/x-unknown", "photo.unknown"),
    ("application/pdf", "report.pdf"),
    ("audio/mpeg", "song.mp3"),
    ("audio/wav", "sound.wav"),
    ("video/mp4", "film.mp4"),
    ("video/webm", "film.webm"),
    ("text/plain", "notes.txt"),
    ("text/csv", "table.csv"),
    ("text/calendar", "dates.ics"),
    ("application/json", "data.json"),
    ("application/zip", "files.zip"),
    ("application/gzip", "files.gz"),
    ("font/woff2", "font.woff2"),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "letter.docx",
    ),
    ("application/vnd.oasis.opendocument.text", "letter.odt"),
    ("application/x-sqlite3", "data.sqlite3"),
];

fn accepted(format: &str, declared: &str, name: &str) -> Option<String> {
    let result = checked(ContentTypes::Safe, declared, name, &content(format));
    let found = result.ok()?;
    Some(format!("{format} as {declared:?} named {name}: {found:?}"))
}

#[test]
fn active_content_is_refused_behind_inert_types_and_names() {
    let mut findings = Vec::new();
    for format in ACTIVE {
        for (declared, name) in INERT {
            findings.extend(accepted(format, declared, name));
            findings.extend(accepted(format, declared, "x"));
            let is_known = name != "photo.unknown";
            if is_known {
                findings.extend(accepted(format, "application/octet-stream", name));
                findings.extend(accepted(format, "application/x-www-form-urlencoded", name));
            }
        }
    }
    expect_none("accepted mixtures", &findings);
}

#[test]
fn programs_and_scripts_are_refused_as_office_documents() {
    let office = [
        ("application/msword", "a.doc"),
        ("application/vnd.ms-excel", "a.xls"),
        ("text/markdown", "a.md"),
    ];
    let mut findings = Vec::new();
    for format in ["class", "elf", "macho", "program", "wasm"] {
        for (declared, name) in office {
            findings.extend(accepted(format, declared, name));
            findings.extend(accepted(format, "", name));
        }
    }
    findings.extend(accepted("script", "application/msword", "a.doc"));
    findings.extend(accepted(
        "program",
        "application/x-executable",
        "invoice.png",
    ));
    expect_none("accepted mixtures", &findings);
}

#[test]
fn active_content_is_accepted_under_its_own_types_and_names() {
    for (format, declared, name) in [
        ("program", "application/x-msdownload", "setup.exe"),
        ("program", "application/octet-stream", "setup.exe"),
        ("program", "", "setup"),
        ("program", "", "library.dll"),
        ("elf-library", "application/x-sharedlib", "libc.so"),
        ("elf-library", "", "libc.so.6"),
        ("elf", "", "data.bin"),
        ("html", "text/html", "index.html"),
        ("html", "text/plain", "index.html"),
        ("html", "", "x"),
        ("svg", "image/svg+xml", "logo.svg"),
        ("svg", "application/xml", "logo.svg"),
        ("script", "application/x-shellscript", "run.sh"),
        ("script", "text/plain", "run.sh"),
        ("script", "text/x-python", "run.py"),
        ("script", "application/javascript", "cli.js"),
        ("script", "video/mp2t", "main.ts"),
        ("class", "application/java-vm", "A.class"),
        ("wasm", "application/wasm", "a.wasm"),
        ("php", "application/x-httpd-php", "index.php"),
    ] {
        assert!(
            accepted(format, declared, name).is_some(),
            "{format} as {declared:?} named {name}"
        );
    }
}

#[test]
fn media_begin_as_declared_or_named() {
    let media = [
        ("image/png", "a.png"),
        ("image/jpeg", "a.jpg"),
        ("image/gif", "a.gif"),
        ("image/tiff", "a.tif"),
        ("image/bmp", "a.bmp"),
        ("audio/mpeg", "a.mp3"),
        ("audio/flac", "a.flac"),
        ("video/mp4", "a.mp4"),
        ("video/webm", "a.webm"),
        ("application/pdf", "a.pdf"),
    ];
    let mut findings = Vec::new();
    for format in [
        "text", "latin1", "utf16", "binary", "zip", "json", "rtf", "ole",
    ] {
        for (declared, name) in media {
            findings.extend(accepted(format, declared, "x"));
            findings.extend(accepted(format, "", name));
        }
    }
    for (format, declared) in [
        ("pdf", "image/png"),
        ("png", "application/pdf"),
        ("png", "video/mp4"),
        ("mp4", "image/png"),
        ("mp3", "image/jpeg"),
    ] {
        findings.extend(accepted(format, declared, "x"));
    }
    expect_none("accepted mixtures", &findings);
}
