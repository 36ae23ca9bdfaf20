//! Signatures of text: markup, scripts and documents.

/// The tags with which HTML begins (WHATWG MIME Sniffing, «identifying a resource
/// with an unknown MIME type»).
const HTML_TAGS: [&str; 16] = [
    "!doctype html",
    "html",
    "head",
    "script",
    "iframe",
    "h1",
    "div",
    "font",
    "table",
    "a",
    "style",
    "title",
    "b",
    "body",
    "br",
    "p",
];

/// Returns the type of text by its beginning.
pub(crate) fn signature(text: &str) -> Option<&'static str> {
    let text = skip_space(text);
    if text.starts_with("<?php") || text.starts_with("<?=") {
        Some("application/x-php")
    } else if text.starts_with('<') {
        markup(text)
    } else if text.strip_prefix("#!").is_some_and(names_a_program) {
        Some("application/x-shellscript")
    } else if text.starts_with("%PDF-") {
        Some("application/pdf")
    } else if text.starts_with("{\\rtf") {
        Some("application/rtf")
    } else if text.starts_with("%!PS") {
        Some("application/postscript")
    } else {
        None
    }
}

fn skip_space(text: &str) -> &str {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    text.trim_start_matches(|c: char| c.is_ascii_whitespace())
}

/// Returns whether a first line names an interpreter, unlike `#![no_std]`.
fn names_a_program(line: &str) -> bool {
    line.trim_start_matches([' ', '\t']).starts_with('/')
}

fn markup(text: &str) -> Option<&'static str> {
    let is_xml = text.starts_with("<?xml");
    let root = skip_prolog(text);
    let Some(root) = root else {
        return is_xml.then_some("application/xml");
    };
    let local = root_name(root);
    if local.is_some_and(|name| name.eq_ignore_ascii_case("svg")) {
        Some("image/svg+xml")
    } else if is_xml && local.is_some_and(|name| name.eq_ignore_ascii_case("html")) {
        Some("application/xhtml+xml")
    } else if is_xml {
        Some("application/xml")
    } else {
        is_html(root).then_some("text/html")
    }
}

/// Skips declarations, comments and document types other than HTML's up to the
/// first element. Returns `None` if it is further back.
fn skip_prolog(mut text: &str) -> Option<&str> {
    loop {
        text = skip_space(text);
        text = if let Some(comment) = text.strip_prefix("<!--") {
            comment.split_once("-->")?.1
        } else if text.starts_with("<?") {
            text.split_once("?>")?.1
        } else if starts_with_ignore_case(text, "<!doctype") && !is_html(text) {
            after_doctype(text)?
        } else {
            return Some(text);
        };
    }
}

/// Returns the text after a document type, whose internal subset is in brackets.
fn after_doctype(text: &str) -> Option<&str> {
    let end = text.find('>')?;
    match text.find('[') {
        Some(subset) if subset < end => Some(text.split_once(']')?.1.split_once('>')?.1),
        _ => text.get(end + 1..),
    }
}

/// Returns the name of the first element without its prefix.
fn root_name(text: &str) -> Option<&str> {
    let tag = text.strip_prefix('<')?;
    let end = tag.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))?;
    let name = tag.get(..end)?;
    Some(name.rsplit_once(':').map_or(name, |(_, local)| local))
}

fn is_html(text: &str) -> bool {
    let Some(tag) = text.strip_prefix('<') else {
        return false;
    };
    HTML_TAGS.iter().any(|name| {
        starts_with_ignore_case(tag, name)
            && tag
                .get(name.len()..)
                .and_then(|rest| rest.chars().next())
                .is_none_or(|c| c.is_ascii_whitespace() || matches!(c, '>' | '/'))
    })
}

fn starts_with_ignore_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
