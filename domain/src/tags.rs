//! Tags: a small flat map of scalar values on a file.

use std::collections::BTreeMap;

use crate::{Invalid, text};

/// A map of at most 50 entries, with keys of 1 to 64 bytes without `:` and text
/// values of at most 256 bytes, which may have several lines.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tags(BTreeMap<String, TagValue>);

/// The value of a tag.
#[derive(Debug, Clone, PartialEq)]
pub enum TagValue {
    /// Text.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A finite floating-point number.
    Number(f64),
    /// A boolean.
    Flag(bool),
    /// A tag without a value.
    Empty,
}

impl Tags {
    /// The maximum number of tags on a file.
    pub const MAX_ENTRIES: usize = 50;

    /// Creates a map after checking its entries.
    pub fn new(entries: impl IntoIterator<Item = (String, TagValue)>) -> Result<Self, Invalid> {
        let mut tags = BTreeMap::new();
        for (key, value) in entries {
            if key.is_empty() || key.len() > 64 {
                return Err(Invalid::new("too_long", "must have keys of 1 to 64 bytes"));
            }
            text::reject_hidden(&key)?;
            if key.contains(':') {
                return Err(Invalid::characters("must not have keys with a colon"));
            }
            check_value(&value)?;
            tags.insert(text::compose(&key), value);
        }
        if tags.len() > Self::MAX_ENTRIES {
            return Err(Invalid::new("too_many", "must have at most 50 entries"));
        }
        Ok(Self(tags))
    }

    /// Returns the entries, ordered by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &TagValue)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Returns whether the map is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn check_value(value: &TagValue) -> Result<(), Invalid> {
    match value {
        TagValue::Text(text) if text.len() > 256 => Err(Invalid::new(
            "too_long",
            "must not have text values of more than 256 bytes",
        )),
        TagValue::Text(text) => text::reject_hidden_in_lines(text),
        TagValue::Number(number) if !number.is_finite() => {
            Err(Invalid::format("must have finite numbers"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_enforced() {
        let one = |key: &str, value| Tags::new([(key.to_owned(), value)]);
        assert!(one("kind", TagValue::Text("invoice".into())).is_ok());
        assert!(one("", TagValue::Empty).is_err());
        assert!(one("a:b", TagValue::Empty).is_err());
        assert!(one("a\0", TagValue::Empty).is_err());
        assert!(one("a", TagValue::Text("x".repeat(257))).is_err());
        assert!(one("a", TagValue::Text("b\u{202E}c".into())).is_err());
        assert!(one("a", TagValue::Text("b\r\n\tc".into())).is_ok());
        assert!(one("a", TagValue::Number(f64::NAN)).is_err());
        let many = (0..51).map(|n| (format!("k{n}"), TagValue::Empty));
        assert!(Tags::new(many).is_err());
    }
}
