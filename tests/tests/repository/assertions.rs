//! Assertions that cannot fail, and outcomes that are discarded.

use crate::{
    expect_none,
    rust::Rust,
    tree::{Source, sources},
};

/// Spellings of a JSON `null` in an expression.
const NULLS: [&str; 4] = ["Value::Null", "json!(null)", "Null", "&Value::Null"];

#[test]
fn members_are_not_indexed_to_find_null() {
    let findings = each_source(indexed_nulls);
    expect_none(
        "an index reads an absent member as null (use expect_null or get):",
        &findings,
    );
}

#[test]
fn discarded_outcomes_have_a_reason() {
    let findings = each_source(discarded_outcomes);
    expect_none(
        "outcomes discarded without a comment that says why:",
        &findings,
    );
}

fn each_source(find: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    sources(".rs").iter().flat_map(find).collect()
}

/// Finds comparisons of an index with `null`, such as `file["tags"] == Value::Null`.
fn indexed_nulls(source: &Source) -> Vec<String> {
    let rust = Rust::parse(&source.text);
    let mut places = Vec::new();
    for (start, call) in rust.code.match_indices("assert_eq!(") {
        let arguments = arguments(&rust.code[start + call.len()..]);
        if let [left, right, ..] = arguments[..]
            && (is_index_and_null(left, right) || is_index_and_null(right, left))
        {
            places.push(start);
        }
    }
    for (place, _) in rust.code.match_indices("==") {
        let right = rust.code[place + 2..].trim_start();
        let is_null = NULLS.iter().any(|null| {
            let after = right.strip_prefix(null);
            after.is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        });
        if is_null && rust.code[..place].trim_end().ends_with(']') {
            places.push(place);
        }
    }
    for (place, _) in rust.code.match_indices(".is_null()") {
        let before = rust.code[..place].trim_end();
        if before.ends_with(']') && !is_negated(before) {
            places.push(place);
        }
    }
    let lines = places.into_iter().map(|place| rust.line(place));
    lines.map(|line| at(source, line)).collect()
}

fn is_index_and_null(index: &str, null: &str) -> bool {
    index.trim().ends_with(']') && !index.contains('!') && NULLS.contains(&null.trim())
}

/// Returns whether an expression of names and indices begins with `!`.
fn is_negated(expression: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || "_.[]\" ".contains(c);
    expression.trim_end_matches(is_part).ends_with('!')
}

/// Splits the arguments of a call at its commas.
fn arguments(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut from) = (0_i32, 0);
    for (at, c) in code.char_indices() {
        match c {
            ')' | ']' | '}' if depth == 0 => {
                found.push(&code[from..at]);
                break;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&code[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    found
}

/// Finds `let _ =` without a comment above it, or above the ones before it.
/// Formatting into a variable needs none: it is a text, and cannot fail.
fn discarded_outcomes(source: &Source) -> Vec<String> {
    let rust = Rust::parse(&source.text);
    let comments: Vec<_> = source.text.lines().map(str::trim_start).collect();
    let mut findings = Vec::new();
    for (number, line) in rust.code.lines().enumerate() {
        let Some(value) = line.trim_start().strip_prefix("let _ = ") else {
            continue;
        };
        let above = comments[..number].iter().rev();
        let mut above = above.skip_while(|line| line.starts_with("let _ = "));
        let has_reason = above.next().is_some_and(|line| line.starts_with("//"));
        if !has_reason && !is_formatting(value) {
            findings.push(at(source, number));
        }
    }
    findings
}

/// Returns whether an expression begins with `write!(name,` or its end of line.
fn is_formatting(value: &str) -> bool {
    let call = ["write!(", "writeln!("];
    let target = call.iter().find_map(|call| value.strip_prefix(call));
    target.is_some_and(|target| {
        let name = target.split(',').next().unwrap_or_default();
        !name.contains('(')
    })
}

fn at(source: &Source, line: usize) -> String {
    let text = source.text.lines().nth(line).unwrap_or_default();
    source.at(line, text.trim())
}

#[test]
fn both_rules_find_their_cases() {
    let source = |text: &str| Source {
        path: "a.rs".to_owned(),
        text: text.to_owned(),
    };
    for (text, count) in [
        ("assert_eq!(file[\"a\"], Value::Null);", 1),
        (
            "assert_eq!(\n  json!(null),\n  f(1)[\"a\"][name],\n \"{x}\"\n);",
            1,
        ),
        ("assert!(file[\"a\"] == Value::Null);", 1),
        ("assert!(file[\"a\"].is_null());", 1),
        ("assert!(!file[\"a\"][\"b\"].is_null());", 0),
        ("assert_eq!(member(&file, \"a\"), &Value::Null);", 0),
        ("assert_eq!(file[\"a\"], 1);", 0),
        ("assert!(file[\"a\"] != Value::Null);", 0),
    ] {
        assert_eq!(indexed_nulls(&source(text)).len(), count, "{text}");
    }
    for (text, count) in [
        ("let _ = f();", 1),
        ("// It may fail.\nlet _ = f();\nlet _ = g();", 0),
        ("// It may fail.\nh();\nlet _ = f();", 1),
        ("let _ = write!(text, \"a\");", 0),
        ("let _ = writeln!(stdout(), \"a\");", 1),
    ] {
        assert_eq!(discarded_outcomes(&source(text)).len(), count, "{text}");
    }
}
