//! Descriptions of resources.

use crate::{Invalid, text};

/// A text for people about a resource: 1 to 1,000 characters, which may include
/// line breaks and tabs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    /// The maximum number of characters.
    pub const MAX_LENGTH: usize = 1000;

    /// Parses a description after trimming and NFC normalization.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text::compose(text.trim());
        if text.is_empty() {
            return Err(Invalid::too_short(1, "characters"));
        }
        if text.chars().count() > Self::MAX_LENGTH {
            return Err(Invalid::too_long(Self::MAX_LENGTH, "characters"));
        }
        text::reject_hidden_in_lines(&text)?;
        Ok(Self(text))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_may_have_several_lines() {
        let text = Description::parse(" Tower\r\n\t\u{44}e\u{301}tails ");
        let text = text.map(|text| text.as_str().to_owned());
        assert_eq!(text.as_deref(), Ok("Tower\r\n\tDétails"));
    }

    #[test]
    fn empty_long_and_hidden_descriptions_are_rejected() {
        let longest = "ü".repeat(Description::MAX_LENGTH);
        assert!(Description::parse(&longest).is_ok());
        for text in ["", " \n ", "a\0b", "a\u{202E}b", &format!("{longest}ü")] {
            assert!(Description::parse(text).is_err(), "{text:?}");
        }
    }
}
