//! Conversion of JSON values to YAML.
//!
//! Strings are written as JSON strings, which are valid in YAML 1.2, so none is
//! taken for another type.

use serde_json::Value;

/// The words that YAML parsers may take for another type than a string.
const RESERVED: &[&str] = &["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

/// Formats a value in block style.
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
                nested(value, depth + 1, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                indent(depth, text);
                text.push('-');
                nested(item, depth + 1, text);
            }
        }
        scalar => {
            indent(depth, text);
            text.push_str(&scalar.to_string());
            text.push('\n');
        }
    }
}

/// Writes the value after a key or a dash, on the same line if it is scalar.
fn nested(value: &Value, depth: usize, text: &mut String) {
    let is_block = match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
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
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        && !RESERVED.contains(&name.to_ascii_lowercase().as_str());
    if is_plain {
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
    fn values_are_in_block_style_with_quoted_strings() {
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
