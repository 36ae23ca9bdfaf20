//! Parses the text of a variable or flag by the type of its key: a secret `12345678` or a password
//! `true` remains a string.

use figment::value::Value;

use crate::shape::{Leaf, Shape};

/// Parses `text` as a value of `shape`. An error never contains the text of a secret.
pub(crate) fn parse(text: &str, shape: &Shape) -> Result<Value, String> {
    match shape {
        Shape::Leaf(Leaf::Text(_)) => Ok(text.into()),
        Shape::Leaf(Leaf::Boolean) => parse_bool(text)
            .map(Value::from)
            .ok_or_else(|| format!("{text:?} is not true or false")),
        Shape::Leaf(Leaf::Integer { .. }) => text
            .trim()
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| format!("{text:?} is not an integer")),
        Shape::List(element) => parse_list(text, element),
        Shape::Table(_) | Shape::Choice(_) | Shape::Map(_) => {
            Err("is a table; set its keys separately".to_owned())
        }
    }
}

/// Parses a boolean in the forms common in environment files, such as `yes` or `0`.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn parse_list(text: &str, element: &Shape) -> Result<Value, String> {
    if text.trim_start().starts_with('[') {
        // The parser's message may quote a secret.
        let values: Vec<Value> =
            serde_json::from_str(text).map_err(|_| "is not a JSON array".to_owned())?;
        return Ok(values.into());
    }
    if !matches!(element, Shape::Leaf(_)) {
        return Err("must be a JSON array of objects".to_owned());
    }
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let values: Vec<Value> = parts
        .map(|part| parse(part, element))
        .collect::<Result<_, _>>()?;
    Ok(values.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(key: &str, text: &str) -> Result<Value, String> {
        let field = Shape::config().find(key);
        field.map_or_else(
            || Err("no such key".to_owned()),
            |field| parse(text, &field.shape),
        )
    }

    #[test]
    fn text_is_parsed_by_the_type_of_the_key() {
        assert_eq!(parsed("security.secret", "12345678"), Ok("12345678".into()));
        assert_eq!(parsed("seed.admin_password", "true"), Ok("true".into()));
        assert_eq!(parsed("app.name", "[x]"), Ok("[x]".into()));
        assert_eq!(parsed("http.port", " 80 "), Ok(80_i64.into()));
        assert_eq!(parsed("worker.inline", "No"), Ok(false.into()));
        assert!(parsed("http.port", "8080x").is_err());
        assert!(parsed("worker.inline", "2").is_err());
        assert!(parsed("http", "x").is_err());
    }

    #[test]
    fn lists_are_json_or_comma_separated() {
        let two = Ok(Value::from(vec!["a", "b"]));
        assert_eq!(parsed("tenancy.reserved", r#"["a", "b"]"#), two);
        assert_eq!(parsed("tenancy.reserved", " a, b,"), two);
        assert_eq!(
            parsed("tenancy.reserved", "[]"),
            Ok(Vec::<Value>::new().into())
        );
        assert!(parsed("tenancy.reserved", "[a").is_err());
        assert!(parsed("security.keys", "a,b").is_err());
    }
}
