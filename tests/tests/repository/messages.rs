//! Messages of logs and errors: lower case, no full stop, so that they can be
//! put together.

use crate::{
    expect_none,
    tree::{Source, sources},
};

const MACROS: &[&str] = &[
    "trace!(", "debug!(", "info!(", "warn!(", "error!(", "#[error(",
];

#[test]
fn messages_can_be_put_together() {
    let mut findings = Vec::new();
    for source in sources(".rs") {
        findings.extend(bad_messages(&source));
    }
    expect_none(
        "messages begin in lower case, end without a full stop:",
        &findings,
    );
}

fn bad_messages(source: &Source) -> Vec<String> {
    let mut findings = Vec::new();
    for name in MACROS {
        for (start, _) in source.text.match_indices(name) {
            let is_longer_name = source.text[..start].ends_with(|c: char| c.is_alphanumeric());
            let arguments = &source.text[start + name.len()..];
            let Some(message) = message_of(arguments).filter(|_| !is_longer_name) else {
                continue;
            };
            if message.starts_with(char::is_uppercase) || message.ends_with('.') {
                let line = source.text[..start].matches('\n').count();
                findings.push(source.at(line, message));
            }
        }
    }
    findings
}

/// The first argument that is a text by itself, of a call whose opening
/// bracket was read.
fn message_of(arguments: &str) -> Option<&str> {
    let (mut depth, mut at_start) = (0_u32, true);
    let mut rest = arguments;
    while let Some(next) = rest.chars().next() {
        match next {
            '"' => {
                let end = end_of_text(&rest[1..])?;
                if at_start && depth == 0 {
                    return rest.get(1..=end);
                }
                rest = &rest[end + 1..];
                at_start = false;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return None,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        at_start = (next == ',' && depth == 0) || (at_start && next.is_whitespace());
        rest = &rest[next.len_utf8()..];
    }
    None
}

/// Where the text ends that began before `rest`.
fn end_of_text(rest: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (position, c) in rest.char_indices() {
        match c {
            '"' if !is_escaped => return Some(position),
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    None
}

#[test]
fn the_message_is_found_among_the_arguments() {
    assert_eq!(message_of("\"a {}\", x)"), Some("a {}"));
    assert_eq!(message_of("%error, blob = f(\"No\"), \"b\")"), Some("b"));
    assert_eq!(
        message_of("kind = \"No.\", \"c \\\" d\")"),
        Some("c \\\" d")
    );
    assert_eq!(message_of("transparent)] \"No\""), None);
}
