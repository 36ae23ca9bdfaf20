//! Messages of logs and errors: lower case, no full stop, so that they can be
//! composed. Details of problems are sentences.

use crate::{
    expect_none,
    rust::{Kind, Piece, Rust},
    tree::{Source, sources},
};

/// Functions whose texts are sentences: they begin in upper case and end with
/// a full stop.
const SENTENCES: &[&str] = &["comment", "detail", "refused", "rejection"];

/// Attributes whose texts are messages.
const ATTRIBUTES: &[&str] = &["error", "expect"];

/// First words in upper case that are names.
const NAMES: &[&str] = &["Azurite", "Redis", "Tenantry"];

/// Texts that are not messages: the file, and how the text begins.
const OTHERS: &[(&str, &str)] = &[
    // Protocol and text of other programs.
    ("adapters/blob/src/backend/webdav/collection.rs", "Basic "),
    ("adapters/blob/src/network/error_response.rs", "Request "),
    ("adapters/http/src/docs/pages.rs", ""),
    ("adapters/http/src/middleware/cors.rs", "Authorization, "),
    (
        "adapters/http/src/problem/from_poem.rs",
        "verification failed. ",
    ),
    // The API document, and the catalogue of problems in it.
    ("adapters/http/src/document/complete.rs", ""),
    ("adapters/http/src/document/responses.rs", ""),
    ("adapters/http/src/problem/codes.rs", ""),
    ("adapters/http/src/rate_limit.rs", "The "),
    ("adapters/http/src/resources/files/raw.rs", "The content"),
    ("adapters/http/src/service.rs", ""),
    // The documented example of all settings, and their schema.
    ("config/src/example.rs", ""),
    ("config/src/schema.rs", ""),
];

#[test]
fn messages_can_be_composed() {
    let mut findings = Vec::new();
    for source in programs() {
        findings.extend(bad_messages(&source));
    }
    expect_none(
        "messages begin in lower case and end without a full stop, details are sentences:",
        &findings,
    );
}

#[test]
fn every_exception_is_needed() {
    let sources = programs();
    let is_needed = |(file, start): &&(&str, &str)| {
        let mut files = sources.iter().filter(|source| source.path == *file);
        files.any(|source| source.text.contains(&format!("\"{start}")))
    };
    let unneeded = OTHERS.iter().filter(|other| !is_needed(other));
    let findings: Vec<_> = unneeded
        .map(|(file, start)| format!("{file}: {start}"))
        .collect();
    expect_none("exceptions without a text:", &findings);
}

/// Returns the Rust files that are not tests.
fn programs() -> Vec<Source> {
    let mut found = sources(".rs");
    found.retain(|source| is_program(&source.path));
    found
}

fn is_program(path: &str) -> bool {
    !path.starts_with("tests/") && !path.contains("/tests/") && !path.ends_with("/tests.rs")
}

fn bad_messages(source: &Source) -> Vec<String> {
    let rust = Rust::parse(&source.text).without_tests();
    let is_bad = |piece: &&Piece| {
        let is_text = piece.kind == Kind::Text && piece.text.trim().contains(' ');
        is_text && !is_other(&source.path, &piece.text) && !is_well_formed(&rust, piece)
    };
    let bad = rust.pieces.iter().filter(is_bad);
    bad.map(|piece| source.at(piece.line, piece.text.lines().next().unwrap_or_default()))
        .collect()
}

fn is_other(path: &str, text: &str) -> bool {
    let mut others = OTHERS.iter();
    others.any(|(file, start)| *file == path && text.starts_with(start))
}

fn is_well_formed(rust: &Rust, piece: &Piece) -> bool {
    let text = piece.text.trim();
    let around = Around::of(&rust.code[..piece.start]);
    if around
        .attribute
        .is_some_and(|name| !ATTRIBUTES.contains(&name))
    {
        return true;
    }
    let is_capital = text.starts_with(char::is_uppercase);
    let is_closed = text.ends_with('.');
    let mut callers = around.callers.iter().filter(|name| **name != "format");
    if callers.next().is_some_and(|name| SENTENCES.contains(name)) {
        return is_capital && is_closed;
    }
    !is_closed && (!is_capital || begins_with_name(text))
}

/// Returns whether the first word is an acronym, an SQL keyword or a name.
fn begins_with_name(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    let capitals = first
        .chars()
        .filter(|c| c.is_uppercase() || c.is_ascii_digit());
    capitals.count() > 1 || NAMES.contains(&first)
}

/// The calls around a literal.
struct Around<'a> {
    /// The names of functions, variants and macros, innermost first.
    callers: Vec<&'a str>,
    /// The name of the attribute that the literal is in.
    attribute: Option<&'a str>,
}

impl<'a> Around<'a> {
    /// Reads backwards from a literal through every bracket that is open there.
    fn of(before: &'a str) -> Self {
        let mut callers = Vec::new();
        let mut depth = 0_u32;
        for (at, c) in before.char_indices().rev() {
            match c {
                ')' | ']' | '}' => depth += 1,
                '(' | '[' | '{' if depth > 0 => depth -= 1,
                '[' if before[..at].ends_with(['#', '!']) => {
                    let attribute = Some(first_name(&before[at + 1..]));
                    return Self { callers, attribute };
                }
                '(' => callers.push(last_name(before[..at].trim_end_matches('!'))),
                _ => {}
            }
        }
        Self {
            callers,
            attribute: None,
        }
    }
}

fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn last_name(code: &str) -> &str {
    code.rsplit(|c| !is_in_name(c)).next().unwrap_or_default()
}

fn first_name(code: &str) -> &str {
    code.split(|c| !is_in_name(c)).next().unwrap_or_default()
}

#[test]
fn messages_are_found_among_all_texts() {
    let source = Source {
        path: "a.rs".to_owned(),
        text: concat!(
            "#[error(\"No row\")]\n#[oai(path = \"/A b.\")]\n",
            "fn a() {\n  f(g!(\"the file is\n    gone.\"), \"SQL is fine\");\n",
            "  a.detail(match b { C => \"no sentence\", D => \"A sentence.\" });\n",
            "  E(format!(\"Bad {b}\")); let c = \"One\";\n  b\"Bytes are not.\"; let d = \"Two words\";\n}\n",
            "#[cfg(test)]\nmod tests {\n  f(\"A test\");\n}\n",
        )
        .to_owned(),
    };
    let found = bad_messages(&source);
    assert_eq!(
        found,
        [
            "a.rs:1: No row",
            "a.rs:4: the file is",
            "a.rs:6: no sentence",
            "a.rs:7: Bad {b}",
            "a.rs:8: Two words",
        ]
    );
}
