//! The OpenAPI document: the committed file, and its English.

use std::fs;

use serde_json::Value;

use crate::{english::first_word, expect_none, phrases::forbidden, tree::root};

/// The verbs that summaries may begin with.
const IMPERATIVES: &[&str] = &[
    "Accept", "Add", "Archive", "Cancel", "Change", "Check", "Close", "Complete", "Confirm",
    "Copy", "Create", "Delete", "Describe", "Download", "End", "Exchange", "Get", "Invite",
    "Leave", "Link", "List", "Lock", "Move", "Refresh", "Register", "Reject", "Remove", "Replace",
    "Reset", "Restore", "Retry", "Revoke", "Run", "Search", "Send", "Set", "Sign", "Start",
    "Submit", "Test", "Unlock", "Update", "Upload", "Validate", "Verify",
];

#[test]
fn the_committed_document_is_current() {
    let path = root().join("openapi/openapi.json");
    let committed = fs::read_to_string(&path).expect("there is a committed document");
    let served = tenantry_http::openapi_document();
    let differs = committed
        .lines()
        .zip(served.lines())
        .position(|(committed, served)| committed != served);
    let line = differs.unwrap_or_else(|| committed.lines().count().min(served.lines().count()));
    assert!(
        committed == served,
        "openapi/openapi.json differs from line {} on; run `make openapi`",
        line + 1
    );
}

#[test]
fn the_document_is_in_plain_english() {
    let document = tenantry_http::openapi_document();
    let document: Value = serde_json::from_str(&document).expect("the document is JSON");
    let mut findings = Vec::new();
    visit(&document, "", &mut |pointer, text| {
        let phrases = forbidden(text).into_iter();
        findings.extend(phrases.map(|(_, phrase)| format!("{pointer}: {phrase}")));
        if pointer.ends_with("/summary") {
            let is_imperative = IMPERATIVES.contains(&first_word(text));
            if !is_imperative || text.ends_with('.') {
                findings.push(format!("{pointer}: {text}"));
            }
        }
    });
    expect_none(
        "forbidden phrases, and summaries that are not in the imperative:",
        &findings,
    );
}

/// Visits the summaries, descriptions and titles in a document.
fn visit(value: &Value, pointer: &str, check: &mut impl FnMut(&str, &str)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let pointer = format!("{pointer}/{}", name.replace('/', "~1"));
                let is_text = ["summary", "description", "title"].contains(&name.as_str());
                match member.as_str().filter(|_| is_text) {
                    Some(text) => check(&pointer, text),
                    None => visit(member, &pointer, check),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(item, &format!("{pointer}/{index}"), check);
            }
        }
        _ => {}
    }
}
