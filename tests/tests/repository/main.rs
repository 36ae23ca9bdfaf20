//! Properties of the repository: dependencies, layout, sources, language, links,
//! and the API document.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

mod arrows;
mod assertions;
mod cycles;
mod deployment;
mod directories;
mod document;
mod english;
mod imports;
mod layout;
mod links;
mod messages;
mod modules;
mod phrases;
mod rust;
mod security;
mod sources;
mod tree;

/// Panics with one finding per line.
fn expect_none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}\n  {}", findings.join("\n  "));
}
