//! What the repository promises about itself: the arrows between crates, the
//! floor plan, the manners of its sources, its links, its generated document.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

mod arrows;
mod cycles;
mod document;
mod english;
mod imports;
mod layout;
mod links;
mod messages;
mod modules;
mod phrases;
mod rust;
mod sources;
mod tree;

/// Fails with every finding on a line of its own.
fn expect_none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}\n  {}", findings.join("\n  "));
}
