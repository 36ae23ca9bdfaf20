//! The English of comments, messages, names of functions, pages and scripts.

use crate::{
    expect_none,
    phrases::forbidden,
    rust::{Kind, Piece, Rust},
    tree::{Source, matching, sources},
};

/// The sources that quote forbidden phrases.
const QUOTING: &[&str] = &["tests/tests/repository/phrases.rs", "CODE_OF_CONDUCT.md"];

/// First words that make a clause of what should be a noun.
const CLAUSES: &[&str] = &[
    "How", "What", "When", "Where", "Which", "Who", "Whoever", "Whom", "Whose", "Why",
];

/// Those that are never right at the beginning of a sentence.
const SUBJECTS: &[&str] = &["What", "Who", "Whoever", "Whose"];

/// Endings and folders of configuration and scripts.
const SCRIPTS: &[&str] = &[
    ".conf",
    ".env.example",
    ".go",
    ".lua",
    ".sh",
    ".toml",
    ".yaml",
    "Dockerfile",
    "Makefile",
];
const SCRIPT_FOLDERS: &[&str] = &[".ci/", "tests/scripts/"];

#[test]
fn texts_have_no_forbidden_phrase() {
    let mut findings = Vec::new();
    for source in checked(".rs") {
        findings.extend(phrases_of_rust(&source));
    }
    for source in checked(".md") {
        findings.extend(phrases_of(&source, 0, &source.text));
    }
    for source in matching(is_script) {
        findings.extend(phrases_of(&source, 0, &without_comment_marks(&source.text)));
    }
    expect_none("forbidden phrases:", &findings);
}

#[test]
fn function_docs_begin_with_a_verb() {
    let findings = docs(|rust, doc| {
        let is_function = documents_function(&rust.code[doc.end..]);
        is_function && !begins_with_verb(&doc.text)
    });
    expect_none(
        "docs of functions without a verb (\"Returns …\"):",
        &findings,
    );
}

#[test]
fn docs_do_not_begin_with_a_clause() {
    let findings = docs(|_, doc| CLAUSES.contains(&first_word(&doc.text)));
    expect_none("docs that begin with a clause:", &findings);
}

#[test]
fn clauses_are_not_subjects_of_comments() {
    let mut findings = Vec::new();
    for source in checked(".rs") {
        let rust = Rust::parse(&source.text);
        for comment in rust.pieces.iter().filter(|piece| piece.is_comment()) {
            let clauses = clause_sentences(&comment.text).into_iter();
            findings.extend(clauses.map(|sentence| source.at(comment.line, sentence)));
        }
    }
    expect_none("sentences with a clause as their subject:", &findings);
}

/// Returns the files with an ending, but for those that quote phrases.
fn checked(ending: &str) -> Vec<Source> {
    let mut found = sources(ending);
    found.retain(|source| !QUOTING.contains(&source.path.as_str()));
    found
}

/// Searches comments, literals and the names of functions.
fn phrases_of_rust(source: &Source) -> Vec<String> {
    let rust = Rust::parse(&source.text);
    let mut findings = Vec::new();
    for piece in &rust.pieces {
        let is_message = piece.kind == Kind::Text && piece.text.contains(' ');
        if is_message || piece.is_comment() {
            findings.extend(phrases_of(source, piece.line, &piece.text));
        }
    }
    for (line, code) in rust.code.lines().enumerate() {
        if let Some(name) = function_name(code) {
            findings.extend(phrases_of(source, line, &name.replace('_', " ")));
        }
    }
    findings
}

fn phrases_of(source: &Source, line: usize, text: &str) -> Vec<String> {
    let found = forbidden(text).into_iter();
    found
        .map(|(within, phrase)| source.at(line + within, &phrase))
        .collect()
}

/// Returns the name of the function that a line declares.
fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_keyword = before.is_empty() || before.ends_with([' ', '(']);
    let name = after.split(['(', '<']).next()?;
    is_keyword.then_some(name)
}

/// Returns the doc comments for which `is_wrong` holds.
fn docs(is_wrong: impl Fn(&Rust, &Piece) -> bool) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources(".rs") {
        let rust = Rust::parse(&source.text);
        let docs = rust.pieces.iter().filter(|piece| piece.is_doc());
        for doc in docs.filter(|doc| is_wrong(&rust, doc)) {
            let first = doc.text.trim().lines().next().unwrap_or_default();
            findings.push(source.at(doc.line, first));
        }
    }
    findings
}

/// Returns whether the code after a doc comment is a function. Operations of the
/// API are excluded: their docs are summaries in the imperative.
fn documents_function(code: &str) -> bool {
    let mut rest = code.trim_start();
    while rest.starts_with("#[") {
        let end = rest.find(']').map_or(rest.len(), |at| at + 1);
        if rest.starts_with("#[oai(") {
            return false;
        }
        rest = rest[end..].trim_start();
    }
    let before = rest.split_once("fn ").map_or("?", |(before, _)| before);
    before.split_whitespace().all(|word| {
        matches!(word, "pub" | "const" | "async" | "unsafe" | "default") || word.starts_with("pub(")
    })
}

/// Returns whether a text begins with a verb in the third person.
fn begins_with_verb(text: &str) -> bool {
    let first = first_word(text);
    first.ends_with('s') && first.starts_with(char::is_uppercase)
}

/// Returns the sentences that begin with a word of [`SUBJECTS`] and are not
/// questions.
fn clause_sentences(text: &str) -> Vec<&str> {
    let is_clause = |sentence: &&str| SUBJECTS.contains(&first_word(sentence));
    let sentences = text.split_inclusive(['.', '?']).filter(is_clause);
    sentences
        .filter(|sentence| !sentence.ends_with('?'))
        .map(str::trim)
        .collect()
}

pub(crate) fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '-');
    &text[..end.unwrap_or(text.len())]
}

fn is_script(path: &str) -> bool {
    let is_below = |folder: &&str| path.starts_with(*folder);
    SCRIPTS.iter().any(|ending| path.ends_with(ending)) || SCRIPT_FOLDERS.iter().any(is_below)
}

/// Removes the mark at the beginning of each line that is a comment.
fn without_comment_marks(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line.trim_start();
        let marks = ["#", "//", "--"];
        marks
            .iter()
            .find_map(|mark| line.strip_prefix(mark))
            .unwrap_or(line)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn planted(text: &str) -> Source {
    Source {
        path: "a.rs".to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn planted_phrases_are_found() {
    let source = planted(concat!(
        "/// Is read by who\n/// is\n/// to",
        "ld of it.\nfn in_va",
        "in() {}\n// all the\n// same\nlet a = \"b for \\\n    go",
        "od\";\n",
    ));
    let found = phrases_of_rust(&source);
    assert_eq!(
        found,
        [
            concat!("a.rs:3: to", "ld"),
            concat!("a.rs:5: all ", "the same"),
            concat!("a.rs:7: for ", "good"),
            concat!("a.rs:4: in ", "vain")
        ]
    );
}

#[test]
fn code_and_short_literals_are_not_prose() {
    let source = planted(concat!(
        "let ane",
        "w = f(\"ane",
        "w\"); /* `ane",
        "w` */ let _ = 'a';\n",
    ));
    assert!(phrases_of_rust(&source).is_empty());
}

#[test]
fn docs_of_functions_are_recognized() {
    for function in [
        "\nfn a() {}",
        "\n    #[cfg(b)]\n    pub(crate) async fn a<T>(b: T);",
        "pub const fn a() {}",
    ] {
        assert!(documents_function(function), "{function}");
    }
    for other in [
        "struct A(fn ());",
        "#[oai(path = \"\")]\nasync fn a() {}",
        "a: fn (b)",
        "const A: fn () = b;",
    ] {
        assert!(!documents_function(other), "{other}");
    }
    assert_eq!(
        clause_sentences("A row. What is left goes. Who reads it? It reads."),
        ["What is left goes."]
    );
    assert!(begins_with_verb(" Returns it.") && !begins_with_verb(" The rows."));
}
