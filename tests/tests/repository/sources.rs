//! Manners of the sources that the compiler's lints do not cover.

use crate::{expect_none, tree::sources};

/// Marks of what is not done; put together here, or this file would find itself.
const UNFINISHED: &[&str] = &[
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("d", "bg!("),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// Names that only adapters, wiring and configuration may know.
const PROVIDERS: &[&str] = &["sqlite", "postgres", "mongo", "minio", "azure", "redis"];

/// Where they have no place.
const NEUTRAL: &[&str] = &["domain/", "application/", "adapters/http/src/"];

#[test]
fn no_lint_is_allowed_away() {
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
    expect_none("expect a lint, with a reason:", &findings);
}

#[test]
fn nothing_is_left_to_be_done() {
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
fn the_middle_and_the_api_know_no_provider() {
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
    expect_none("providers by name:", &findings);
}
