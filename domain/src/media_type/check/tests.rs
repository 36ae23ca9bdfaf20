use super::*;

const PROGRAM: &str = "application/x-executable";

fn media_type(name: &str) -> MediaType {
    MediaType(name.to_owned())
}

/// Checks content with a signature (`""` for text) under a type and a name, with
/// a detector that has signatures of PNG, MP3 and ZIP.
fn checked(rule: ContentTypes, declared: &str, file_name: &str, signature: &str) -> Option<String> {
    let declared = MediaType::declared(Some(declared));
    let claim = Claim {
        declared: &declared,
        file_name,
    };
    let found = Detection {
        signature: Some(media_type(signature)).filter(|_| !signature.is_empty()),
        hint: None,
        is_text: signature.is_empty() || is_a(signature, "text/plain"),
        is_empty: false,
    };
    let has_signature =
        |kind: &MediaType| ["image/png", "audio/mpeg", "application/zip"].contains(&kind.as_str());
    let served = check(rule, claim, &found, has_signature).ok()?;
    Some(served.as_str().to_owned())
}

fn safe(declared: &str, file_name: &str, signature: &str) -> Option<String> {
    checked(ContentTypes::Safe, declared, file_name, signature)
}

#[test]
fn the_more_specific_of_two_related_types_is_served() {
    for (declared, signature, served) in [
        ("text/csv", "", "text/csv"),
        ("", "", "text/plain"),
        (
            "application/epub+zip",
            "application/zip",
            "application/epub+zip",
        ),
        (
            "application/zip",
            "application/epub+zip",
            "application/epub+zip",
        ),
        ("application/x-zip", "application/zip", "application/zip"),
        (
            "application/x-acme",
            "application/zip",
            "application/x-acme",
        ),
        ("application/x-acme", "image/png", "image/png"),
        ("text/csv", "application/zip", "application/zip"),
        ("application/zip", "", "text/plain"),
    ] {
        let found = safe(declared, "x", signature);
        assert_eq!(found.as_deref(), Some(served), "{declared} {signature}");
    }
}

#[test]
fn types_differ_if_neither_is_a_supertype() {
    for (declared, served, expected) in [
        ("image/jpeg", "image/png", true),
        ("image/png", "application/octet-stream", true),
        ("text/plain", "text/html", false),
        ("text/csv", "text/plain", false),
        ("application/x-gzip", "application/gzip", false),
        ("audio/mp4", "video/mp4", false),
        ("application/x-msdownload", PROGRAM, false),
        ("application/octet-stream", "image/png", false),
    ] {
        let found = differs(&media_type(declared), &media_type(served));
        assert_eq!(found, expected, "{declared} {served}");
    }
}

#[test]
fn active_content_fails_behind_inert_types_and_names() {
    for (declared, name, signature, permitted) in [
        ("image/png", "x", PROGRAM, false),
        ("", "invoice.png", PROGRAM, false),
        (PROGRAM, "invoice.png", PROGRAM, false),
        ("text/plain", "a.sh", PROGRAM, false),
        ("", "a.bin", PROGRAM, true),
        ("", "a", PROGRAM, true),
        ("application/x-acme", "a.acme", PROGRAM, true),
        ("video/x-acme", "a.acme", PROGRAM, false),
        ("application/json", "x", "application/x-shellscript", false),
        ("text/plain", "a.sh", "application/x-shellscript", true),
        ("text/plain", "a.txt", "application/x-shellscript", false),
        ("text/x-python", "a.py", "application/x-shellscript", true),
        ("text/plain", "a.html", "text/html", true),
        ("text/plain", "a", "text/html", false),
        ("text/markdown", "a.md", "text/html", true),
        ("application/vnd.ms-excel", "a.xls", "text/html", true),
        ("application/xml", "a.xml", "image/svg+xml", true),
    ] {
        let found = safe(declared, name, signature).is_some();
        assert_eq!(found, permitted, "{declared} {name} {signature}");
    }
}

#[test]
fn media_must_begin_as_such() {
    for (declared, name, signature, permitted) in [
        ("image/png", "x", "", false),
        ("", "a.png", "", false),
        ("image/png", "x", "image/jpeg", true),
        ("image/png", "x", "application/zip", false),
        ("audio/mpeg", "x", "video/mp4", true),
        ("audio/mpeg", "x", "image/png", false),
        ("application/pdf", "x", "image/png", false),
        ("application/octet-stream", "a.txt", "image/png", true),
        ("image/x-tga", "x", "", true),
        ("image/svg+xml", "x", "", true),
        ("audio/x-mpegurl", "x", "", true),
    ] {
        let found = safe(declared, name, signature).is_some();
        assert_eq!(found, permitted, "{declared} {name} {signature}");
    }
}

#[test]
fn the_rules_are_ordered() {
    for (declared, signature, strict, safe) in [
        ("text/csv", "", true, true),
        ("image/jpeg", "image/png", false, true),
        ("image/png", PROGRAM, false, false),
    ] {
        for (rule, expected) in [
            (ContentTypes::Strict, strict),
            (ContentTypes::Safe, safe),
            (ContentTypes::Off, true),
        ] {
            let found = checked(rule, declared, "x", signature).is_some();
            assert_eq!(found, expected, "{rule:?} {declared} {signature}");
        }
    }
    for rule in ContentTypes::ALL {
        assert_eq!(ContentTypes::parse(rule.as_str()), Some(rule));
    }
}
