//! The files at the top level, and the size of files.

use crate::{
    expect_none,
    tree::{sources, top_level},
};

/// The allowed names at the top level. A new one is a decision, with a record.
const TOP_LEVEL: &[&str] = &[
    ".ci",
    ".dockerignore",
    ".env.example",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "Dockerfile",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "adapters",
    "application",
    "bootstrap",
    "clippy.toml",
    "compose.yaml",
    "config",
    "deny.toml",
    "docs",
    "domain",
    "openapi",
    "rustfmt.toml",
    "tests",
];

/// The maximum number of lines in a file.
const MAX_LINES: usize = 500;

#[test]
fn the_top_level_has_the_allowed_names() {
    let found = top_level();
    let unexpected = found
        .iter()
        .filter(|name| !TOP_LEVEL.contains(&name.as_str()));
    let missing = TOP_LEVEL
        .iter()
        .filter(|name| !found.iter().any(|it| it == *name));
    let unexpected = unexpected.map(|name| format!("{name} is not allowed"));
    let findings: Vec<_> = unexpected
        .chain(missing.map(|name| format!("{name} is missing")))
        .collect();
    expect_none("unexpected names at the top level:", &findings);
}

#[test]
fn rust_files_are_short_enough() {
    let lengths = sources(".rs")
        .into_iter()
        .map(|source| (source.text.lines().count(), source.path));
    let findings: Vec<_> = lengths
        .filter(|(lines, _)| *lines > MAX_LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    expect_none("files that should be split:", &findings);
}

#[test]
fn every_crate_inherits_the_lints() {
    let manifests = sources("/Cargo.toml");
    let findings: Vec<_> = manifests
        .iter()
        .filter(|manifest| !manifest.text.contains("[lints]\nworkspace = true\n"))
        .map(|manifest| manifest.path.clone())
        .collect();
    expect_none("crates without the lints of the workspace:", &findings);
}
