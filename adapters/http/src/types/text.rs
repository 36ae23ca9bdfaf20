//! Strings of bounded length.

use std::ops::Deref;

use poem::http::HeaderValue;
use poem_openapi::{
    registry::MetaSchema,
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToHeader, ToJSON},
};
use serde_json::Value;

use super::scalar::inline_type;

/// A string of at most `MAX` characters. Values of requests are checked; values
/// of responses are bounded by the domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text<const MAX: usize>(String);

/// An entity tag of a response (RFC 9110, section 8.8.3).
pub(crate) type EntityTag = Text<128>;

/// The `Location` of a created resource.
pub(crate) type Location = Text<2048>;

inline_type!(
    [const MAX: usize] Text<MAX>, String, String, "string",
    MetaSchema { max_length: Some(MAX), ..MetaSchema::new("string") }
);

impl<const MAX: usize> Text<MAX> {
    /// Formats a value of a response.
    pub(crate) fn of(value: &(impl ToString + ?Sized)) -> Self {
        Self(value.to_string())
    }

    fn parse(text: String) -> ParseResult<Self> {
        if text.chars().nth(MAX).is_some() {
            return Err(ParseError::custom(format!(
                "verification failed. maxLength({MAX})"
            )));
        }
        Ok(Self(text))
    }
}

impl<const MAX: usize> Deref for Text<MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> From<String> for Text<MAX> {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl<const MAX: usize> From<Text<MAX>> for String {
    fn from(text: Text<MAX>) -> Self {
        text.0
    }
}

impl<const MAX: usize> ParseFromJSON for Text<MAX> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value.unwrap_or_default() {
            Value::String(text) => Self::parse(text),
            other => Err(ParseError::expected_type(other)),
        }
    }
}

impl<const MAX: usize> ParseFromParameter for Text<MAX> {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        Self::parse(value.to_owned())
    }
}

impl<const MAX: usize> ToJSON for Text<MAX> {
    fn to_json(&self) -> Option<Value> {
        self.0.to_json()
    }
}

impl<const MAX: usize> ToHeader for Text<MAX> {
    fn to_header(&self) -> Option<HeaderValue> {
        self.0.to_header()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters() {
        for (text, is_valid) in [("", true), ("äöü", true), ("äöüa", false)] {
            let parsed = Text::<3>::parse_from_parameter(text);
            assert_eq!(parsed.is_ok(), is_valid, "{text}");
            let parsed = Text::<3>::parse_from_json(Some(text.into()));
            assert_eq!(parsed.is_ok(), is_valid, "{text}");
        }
    }
}
