//! The evidence of `docs/security.md`: each requirement of levels 1 and 2 of the
//! OWASP Application Security Verification Standard has one row, and each named
//! test, section and feature exists.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    expect_none,
    tree::{Source, matching, sources},
};

const PAGE: &str = "docs/security.md";

/// The kinds of evidence, in the order of the summary.
const KINDS: &[&str] = &["Test", "Document", "Not applicable", "Planned", "Missing"];

/// A row of the page.
struct Row<'a> {
    id: &'a str,
    level: &'a str,
    requirement: &'a str,
    kind: &'a str,
    detail: &'a str,
}

fn page() -> Source {
    let mut found = matching(|name| name == PAGE);
    found.pop().expect("the page exists")
}

fn rows(text: &str) -> Vec<Row<'_>> {
    let lines = text.lines().filter(|line| line.starts_with("| V"));
    let rows = lines.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let cells: [_; 4] = cells.try_into().expect("a row has four cells");
        let [id, level, requirement, evidence] = cells;
        let (kind, detail) = evidence.split_once(": ").unwrap_or((evidence, ""));
        Row {
            id,
            level,
            requirement,
            kind,
            detail,
        }
    });
    rows.collect()
}

/// Returns the level of each requirement.
fn requirements() -> BTreeMap<&'static str, &'static str> {
    let lines = include_str!("asvs.csv").lines();
    let mut lines = lines.filter(|line| !line.starts_with('#'));
    assert_eq!(lines.next(), Some("id,level"));
    lines.filter_map(|line| line.split_once(',')).collect()
}

#[test]
fn every_requirement_has_one_row() {
    let page = page();
    let mut missing = requirements();
    let mut findings = Vec::new();
    for row in rows(&page.text) {
        let id = row.id.trim_start_matches('V');
        match missing.remove(id) {
            Some(level) if level == row.level => {}
            Some(level) => findings.push(format!("{} has level {level}", row.id)),
            None => findings.push(format!("{} is unknown or has two rows", row.id)),
        }
        if row.requirement.is_empty() || row.detail.is_empty() || !KINDS.contains(&row.kind) {
            findings.push(format!("{} is incomplete", row.id));
        }
    }
    findings.extend(missing.keys().map(|id| format!("V{id} has no row")));
    expect_none("requirements without exactly one row:", &findings);
}

#[test]
fn the_summary_counts_the_rows() {
    let page = page();
    let rows = rows(&page.text);
    for kind in KINDS {
        let count = rows.iter().filter(|row| row.kind == *kind).count();
        let line = format!("| {kind} | {count} |");
        assert!(page.text.contains(&line), "expected {line}");
    }
}

#[test]
fn every_named_test_exists() {
    let page = page();
    let tests = tests();
    let mut findings = Vec::new();
    for row in rows(&page.text).iter().filter(|row| row.kind == "Test") {
        // A note may follow.
        let list = row.detail.split("; ").next().unwrap_or_default();
        let named: Vec<_> = list.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            findings.push(format!("{} names no test", row.id));
        }
        for name in named.into_iter().filter(|name| !tests.contains(*name)) {
            findings.push(format!("{}: {name}", row.id));
        }
    }
    expect_none("tests that do not exist:", &findings);
}

/// Returns every test as `path::name`.
fn tests() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for source in sources(".rs") {
        let names = if source.path.starts_with("tests/src/conformance/") {
            conformance_cases(&source)
        } else {
            test_functions(&source.text)
        };
        tests.extend(names.iter().map(|name| format!("{}::{name}", source.path)));
    }
    tests
}

/// Returns the functions with a test attribute.
fn test_functions(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(name) = function(line) {
            if is_test {
                found.push(name);
            }
            is_test = false;
        }
    }
    found
}

/// Returns the functions of a file of cases that a suite lists.
fn conformance_cases(source: &Source) -> Vec<&str> {
    let suite = source.path.rsplit_once('/').expect("a folder").0;
    let suite = matching(|name| name == format!("{suite}/mod.rs"));
    let functions = source.text.lines().filter_map(function);
    let is_listed = |name: &&str| {
        let lines = suite.iter().flat_map(|suite| suite.text.lines());
        let mut lines = lines.map(|line| line.trim().trim_end_matches(';'));
        lines.any(|line| line == *name)
    };
    functions.filter(is_listed).collect()
}

/// Returns the name of the function that a line declares.
fn function(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let words = ["pub", "pub(super)", "pub(crate)", "async"];
    let is_declaration = before.split_whitespace().all(|word| words.contains(&word));
    let name = after.split(['(', '<']).next()?;
    is_declaration.then_some(name)
}

#[test]
fn every_named_section_exists() {
    let page = page();
    let mut findings = Vec::new();
    for row in rows(&page.text).iter().filter(|row| row.kind == "Document") {
        let Some((_, target)) = row.detail.split_once("](") else {
            findings.push(format!("{} names no section", row.id));
            continue;
        };
        let target = target.split(')').next().unwrap_or_default();
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let path = match path.strip_prefix("../") {
            _ if path.is_empty() => PAGE.to_owned(),
            Some(from_root) => from_root.to_owned(),
            None => format!("docs/{path}"),
        };
        let text = matching(|name| name == path);
        let mut headings = text.iter().flat_map(|page| page.text.lines()).map(slug);
        if text.is_empty() || !(anchor.is_empty() || headings.any(|slug| slug == anchor)) {
            findings.push(format!("{}: {target}", row.id));
        }
    }
    expect_none("sections that do not exist:", &findings);
}

/// Returns the anchor of a heading, or nothing for other lines.
fn slug(line: &str) -> String {
    let Some(title) = line.strip_prefix('#') else {
        return String::new();
    };
    let title = title.trim_start_matches('#').trim().to_lowercase();
    let kept = title
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_planned_feature_is_described() {
    let page = page();
    let (_, planned) = page.text.split_once("\n## Planned\n").expect("a section");
    let planned = planned.split("\n## ").next().unwrap_or_default();
    let lines = planned.lines().filter_map(|line| line.strip_prefix("- **"));
    let described: BTreeSet<_> = lines.filter_map(|line| line.split("**").next()).collect();
    let rows = rows(&page.text);
    let rows = rows.iter().filter(|row| row.kind == "Planned");
    let named: BTreeSet<_> = rows.map(|row| row.detail.trim_end_matches('.')).collect();
    assert_eq!(named, described, "features of rows and of the list");
}

#[test]
fn evidence_is_parsed() {
    let text = "| V1.2.3 | 2 | short words | Test: `a.rs::b` |\n| Vx |";
    let rows = rows(text.lines().next().expect("a line"));
    assert_eq!(rows[0].id, "V1.2.3");
    assert_eq!((rows[0].kind, rows[0].detail), ("Test", "`a.rs::b`"));
    let source = "#[test]\n#[ignore]\nfn a() {}\nfn b() {}\n#[tokio::test(x)]\nasync fn c() {}";
    assert_eq!(test_functions(source), ["a", "c"]);
    assert_eq!(
        function("    pub(super) async fn a_b(world: &World) {"),
        Some("a_b")
    );
    assert_eq!(function("// the fn x"), None);
    assert_eq!(slug("## Sign-in, limits"), "sign-in-limits");
}
