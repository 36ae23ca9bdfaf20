//! JSON values as YAML.
//!
//! Texts are written as JSON strings, which YAML 1.2 reads as they are, so no
//! text is ever taken for something else.

use serde_json::Value;

/// Words that YAML readers take for something other than text.
const RESERVED: &[&str] = &["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

/// The value in block style.
pub(super) fn to_yaml(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

fn block(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                indent(depth, text);
                text.push_str(&key(name));
                text.push(':');
                below(value, depth + 1, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                indent(depth, text);
                text.push('-');
                below(item, depth + 1, text);
            }
        }
        scalar => {
            indent(depth, text);
            text.push_str(&scalar.to_string());
            text.push('\n');
        }
    }
}

/// What follows a key or a dash: on the same line where it fits there.
fn below(value: &Value, depth: usize, text: &mut String) {
    let nested = match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if nested {
        text.push('\n');
        block(value, depth, text);
    } else {
        text.push(' ');
        text.push_str(&value.to_string());
        text.push('\n');
    }
}

fn indent(depth: usize, text: &mut String) {
    text.extend(std::iter::repeat_n("  ", depth));
}

fn key(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        && !RESERVED.contains(&name.to_ascii_lowercase().as_str());
    if plain {
        name.to_owned()
    } else {
        Value::from(name).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn writes_block_style_and_quotes_text() {
        let value = json!({
            "openapi": "3.0.3",
            "paths": {"/a": {"get": {"tags": ["x"], "security": [], "n": null}}},
            "list": [{"a": 1}, [true]],
            "no": "no\n\"",
        });
        let expected = r#"list:
  -
    a: 1
  -
    - true
"no": "no\n\""
openapi: "3.0.3"
paths:
  "/a":
    get:
      "n": null
      security: []
      tags:
        - "x"
"#;
        assert_eq!(to_yaml(&value), expected);
    }
}
