//! Integers in a range.

use poem_openapi::{
    registry::MetaSchema,
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON},
};
use serde_json::Value;

use super::scalar::inline_type;

/// An integer from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number<const MIN: u32, const MAX: u32>(pub(crate) u32);

inline_type!(
    [const MIN: u32, const MAX: u32] Number<MIN, MAX>, u32, u32, u32::name(),
    MetaSchema {
        minimum: Some(MIN.into()),
        maximum: Some(MAX.into()),
        ..MetaSchema::new_with_format("integer", "uint32")
    }
);

impl<const MIN: u32, const MAX: u32> Number<MIN, MAX> {
    fn check(parsed: ParseResult<u32>) -> ParseResult<Self> {
        let number = parsed.map_err(ParseError::propagate)?;
        let bound = if number < MIN {
            format!("minimum({MIN})")
        } else if number > MAX {
            format!("maximum({MAX})")
        } else {
            return Ok(Self(number));
        };
        Err(ParseError::custom(format!("verification failed. {bound}")))
    }
}

impl<const MIN: u32, const MAX: u32> ParseFromJSON for Number<MIN, MAX> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        Self::check(u32::parse_from_json(value))
    }
}

impl<const MIN: u32, const MAX: u32> ParseFromParameter for Number<MIN, MAX> {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        Self::check(u32::parse_from_parameter(value))
    }
}

impl<const MIN: u32, const MAX: u32> ToJSON for Number<MIN, MAX> {
    fn to_json(&self) -> Option<Value> {
        self.0.to_json()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_rejected() {
        for (text, is_valid) in [("0", false), ("1", true), ("9", true), ("10", false)] {
            let parsed = Number::<1, 9>::parse_from_parameter(text);
            assert_eq!(parsed.is_ok(), is_valid, "{text}");
        }
    }
}
