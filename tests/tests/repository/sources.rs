//! Rules for sources that the compiler's lints do not cover.

use crate::{expect_none, tree::sources};

/// Marks of unfinished code, split so that this file does not match.
const UNFINISHED: &[&str] = &[
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("d", "bg!("),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// Names that only adapters, wiring and configuration may use.
const PROVIDERS: &[&str] = &["sqlite", "postgres", "mongo", "minio", "azure", "redis"];

/// The folders in which provider names are forbidden.
const NEUTRAL: &[&str] = &["domain/", "application/", "adapters/http/src/"];

/// Calls that read a whole text, with an open parenthesis.
const READS: &[&str] = &["fs::read(", "read_to_string(", "read_line("];

/// The files that may call them: the function for text files, the generated root
/// secret, and the response to a health check.
const READERS: &[&str] = &[
    "config/src/text_file.rs",
    "bootstrap/src/root_secret.rs",
    "bootstrap/src/cli/health.rs",
    "bootstrap/src/cli/stop_signal.rs",
];

#[test]
fn text_files_are_read_without_byte_order_marks() {
    let mut findings = Vec::new();
    for source in sources(".rs") {
        let is_test = source.path.starts_with("tests/") || source.path.starts_with("config/tests/");
        if is_test || READERS.contains(&source.path.as_str()) {
            continue;
        }
        for (number, line) in source.text.lines().enumerate() {
            if READS.iter().any(|read| line.contains(read)) {
                findings.push(source.at(number, line.trim()));
            }
        }
    }
    expect_none("text files that are not read by read_text:", &findings);
}

/// Checks that a new password reaches a hash only through the policy, which creates
/// the type that `hash_password` requires.
#[test]
fn passwords_are_hashed_after_the_policy() {
    // The login only hashes a verified password again.
    let hashing = [
        "application/src/auth/login.rs",
        "application/src/auth/new_password.rs",
    ];
    let mut found = Vec::new();
    for source in sources(".rs") {
        if source.path.starts_with("application/") && source.text.contains("passwords.hash(") {
            found.push(source.path);
        }
    }
    found.sort();
    assert_eq!(found, hashing, "files that hash passwords");
}

#[test]
fn lints_are_expected_not_allowed() {
    let mut findings = Vec::new();
    for source in sources(".rs") {
        for (number, line) in source.text.lines().enumerate() {
            let line = line.trim_start();
            let is_attribute = line.starts_with("#[") || line.starts_with("#![");
            if is_attribute && (line.contains("[allow(") || line.contains(" allow(")) {
                findings.push(source.at(number, line));
            }
        }
    }
    expect_none(
        "lints that are allowed instead of expected with a reason:",
        &findings,
    );
}

#[test]
fn code_is_finished() {
    let mut findings = Vec::new();
    for source in sources(".rs") {
        for (number, line) in source.text.lines().enumerate() {
            if UNFINISHED.iter().any(|mark| line.contains(mark)) {
                findings.push(source.at(number, line.trim()));
            }
        }
    }
    expect_none("unfinished:", &findings);
}

#[test]
fn neutral_code_names_no_provider() {
    let mut findings = Vec::new();
    for source in sources(".rs") {
        if !NEUTRAL.iter().any(|folder| source.path.starts_with(folder)) {
            continue;
        }
        for (number, line) in source.text.lines().enumerate() {
            let lower = line.to_lowercase();
            if PROVIDERS.iter().any(|name| lower.contains(name)) {
                findings.push(source.at(number, line.trim()));
            }
        }
    }
    expect_none("provider names:", &findings);
}

/// Checks that the pages of every list are tested on every store: nothing else
/// refers to all sort orders.
#[test]
fn sort_orders_have_conformance_cases() {
    let cases = sources("conformance/metadata/orders.rs");
    let mut findings = Vec::new();
    for source in sources(".rs") {
        let is_port = source.path.starts_with("application/src/ports/");
        for (number, line) in source.text.lines().enumerate().filter(|_| is_port) {
            let Some((_, rest)) = line.split_once("impl SortOrder for ") else {
                continue;
            };
            let name = rest.trim_end_matches([' ', '{', '}']);
            let call = format!("every_order::<{name}>(");
            if !cases.iter().any(|case| case.text.contains(&call)) {
                findings.push(source.at(number, name));
            }
        }
    }
    expect_none(
        "sort orders that tests/src/conformance/metadata/orders.rs omits:",
        &findings,
    );
}
