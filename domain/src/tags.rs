//! Tags: a small flat map of scalars on a file.

use std::collections::BTreeMap;

use crate::{Invalid, text};

/// At most 50 entries; keys of 1 to 64 bytes without `:`, text values of at
/// most 256 bytes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tags(BTreeMap<String, TagValue>);

/// What a tag may hold.
#[derive(Debug, Clone, PartialEq)]
pub enum TagValue {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A finite fraction.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// Present, without a value.
    Empty,
}

impl Tags {
    /// The most tags a file may have.
    pub const MOST: usize = 50;

    /// Checks a map of tags.
    pub fn new(entries: impl IntoIterator<Item = (String, TagValue)>) -> Result<Self, Invalid> {
        let mut tags = BTreeMap::new();
        for (key, value) in entries {
            if key.is_empty() || key.len() > 64 {
                return Err(Invalid::new("too_long", "must have keys of 1 to 64 bytes"));
            }
            text::refuse_hidden(&key)?;
            if key.contains(':') {
                return Err(Invalid::characters("must have keys without a colon"));
            }
            check_value(&value)?;
            tags.insert(text::compose(&key), value);
        }
        if tags.len() > Self::MOST {
            return Err(Invalid::new("too_many", "must have at most 50 entries"));
        }
        Ok(Self(tags))
    }

    /// The entries, ordered by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &TagValue)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn check_value(value: &TagValue) -> Result<(), Invalid> {
    match value {
        TagValue::Text(text) if text.len() > 256 => Err(Invalid::new(
            "too_long",
            "must have text values of at most 256 bytes",
        )),
        TagValue::Text(text) if text.contains('\0') => {
            Err(Invalid::characters("must not contain NUL"))
        }
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
    fn bounds_hold() {
        let one = |key: &str, value| Tags::new([(key.to_owned(), value)]);
        assert!(one("kind", TagValue::Text("invoice".into())).is_ok());
        assert!(one("", TagValue::Empty).is_err());
        assert!(one("a:b", TagValue::Empty).is_err());
        assert!(one("a\0", TagValue::Empty).is_err());
        assert!(one("a", TagValue::Text("x".repeat(257))).is_err());
        assert!(one("a", TagValue::Number(f64::NAN)).is_err());
        let many = (0..51).map(|n| (format!("k{n}"), TagValue::Empty));
        assert!(Tags::new(many).is_err());
    }
}
