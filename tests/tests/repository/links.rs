//! Links between pages.

use std::path::Path;

use crate::{
    expect_none,
    tree::{root, sources, top_level},
};

#[test]
fn every_link_has_a_target() {
    let root = root();
    let mut findings = Vec::new();
    for page in sources(".md") {
        let folder = root.join(&page.path);
        let folder = folder.parent().expect("a page lies in a folder");
        let mut is_code = false;
        for (number, line) in page.text.lines().enumerate() {
            is_code ^= line.trim_start().starts_with("```");
            if is_code {
                continue;
            }
            for target in targets(line) {
                if !exists(&root, folder, target) {
                    findings.push(page.at(number, target));
                }
            }
        }
    }
    expect_none("links without a target:", &findings);
}

/// Returns the link targets in a line: `](target)` and `[name]: target`.
fn targets(line: &str) -> Vec<&str> {
    let inline = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next());
    let reference = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]: "))
        .and_then(|(_, target)| target.split_whitespace().next());
    inline.chain(reference).collect()
}

/// Returns whether a target within the repository exists. External targets are
/// not checked.
fn exists(root: &Path, folder: &Path, target: &str) -> bool {
    let is_outside = ["https://", "http://", "mailto:"];
    if is_outside.iter().any(|scheme| target.starts_with(scheme)) {
        return true;
    }
    let path = target.split('#').next().unwrap_or_default();
    match path.strip_prefix('/') {
        _ if path.is_empty() => true,
        Some(from_root) => root.join(from_root).exists(),
        None => folder.join(path).exists(),
    }
}

/// Returns whether a page describes the present state; decision records describe
/// the past.
fn is_current(page: &str) -> bool {
    !page.starts_with("docs/decisions/0") && page != "CHANGELOG.md"
}

#[test]
fn every_mentioned_path_exists() {
    let root = root();
    let top = top_level();
    let mut findings = Vec::new();
    for page in sources(".md") {
        if !is_current(&page.path) {
            continue;
        }
        for (number, line) in page.text.lines().enumerate() {
            for name in line.split('`').skip(1).step_by(2) {
                let first = name.split('/').next().unwrap_or_default();
                let is_path = name.contains('/') && top.iter().any(|entry| entry == first);
                let is_pattern = name.contains(['<', '*', '{', ' ', 'N']);
                // `path::name` is a test in a file.
                let path = name.split("::").next().unwrap_or_default();
                if is_path && !is_pattern && !root.join(path).exists() {
                    findings.push(page.at(number, name));
                }
            }
        }
    }
    expect_none("paths that do not exist:", &findings);
}

#[test]
fn links_are_found() {
    assert_eq!(targets("a [b](c.md#d) and [e](f \"g\")"), ["c.md#d", "f"]);
    assert_eq!(targets("[a]: b.md"), ["b.md"]);
    assert!(targets("a [b] c: d").is_empty());
}
