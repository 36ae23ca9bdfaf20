//! The check of declared types with the detector, over lists of declarations.

#![expect(clippy::expect_used, clippy::panic, reason = "a failed test may panic")]

mod cases;
mod contents;
mod extensions;
mod freedesktop;
mod mixtures;

use tenantry_application::ports::TypeDetector;
use tenantry_domain::{
    Invalid,
    media_type::{Claim, ContentTypes, MediaType, check, differs},
};
use tenantry_media::MagicTypeDetector;

/// Checks content under a declared type, `""` for none, and a name, and returns
/// the type to serve and whether it differs.
fn checked(
    rule: ContentTypes,
    declared: &str,
    file_name: &str,
    content: &[u8],
) -> Result<(String, bool), Invalid> {
    let declared = MediaType::declared(Some(declared));
    let claim = Claim {
        declared: &declared,
        file_name,
    };
    let detector = MagicTypeDetector;
    let found = detector.detect(content);
    let served = check(rule, claim, &found, |kind| detector.has_signature(kind))?;
    let differs = differs(&declared, &served);
    Ok((served.as_str().to_owned(), differs))
}

/// Fails with a list of findings, if there are any.
fn expect_none(what: &str, findings: &[String]) {
    assert!(
        findings.is_empty(),
        "{} {what}:\n{}",
        findings.len(),
        findings.join("\n")
    );
}

fn hexadecimal(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.bytes().collect();
    let pairs = digits
        .chunks(2)
        .map(|pair| str::from_utf8(pair).expect("ASCII"));
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal"))
        .collect()
}
