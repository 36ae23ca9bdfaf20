//! The floor plan, and the size of what stands on it.

use crate::{
    expect_none,
    tree::{sources, top_level},
};

/// What may lie at the top. The floor plan is settled: a new name here is a
/// decision, with a record.
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

/// Above this a file has more than one thing to say.
const MAX_LINES: usize = 500;

#[test]
fn the_top_level_is_the_floor_plan() {
    let found = top_level();
    let strange = found
        .iter()
        .filter(|name| !TOP_LEVEL.contains(&name.as_str()));
    let missing = TOP_LEVEL
        .iter()
        .filter(|name| !found.iter().any(|it| it == *name));
    let strange = strange.map(|name| format!("{name} is not part of it"));
    let findings: Vec<_> = strange
        .chain(missing.map(|name| format!("{name} is missing")))
        .collect();
    expect_none("the top level is settled:", &findings);
}

#[test]
fn no_rust_file_is_too_long() {
    let lengths = sources(".rs")
        .into_iter()
        .map(|source| (source.text.lines().count(), source.path));
    let findings: Vec<_> = lengths
        .filter(|(lines, _)| *lines > MAX_LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    expect_none("files that should be several:", &findings);
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
