//! Timestamps.

use poem_openapi::{
    registry::MetaSchema,
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON},
};
use serde_json::Value;
use tenantry_domain::Timestamp;

use super::scalar::inline_type;

/// The length of a formatted timestamp, in characters.
const LENGTH: usize = "2026-01-31T12:00:00.000Z".len();

/// A timestamp of a response: RFC 3339 in UTC, with milliseconds and `Z`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Time(String);

inline_type!(
    [] Time, String, String, "string_date-time",
    MetaSchema {
        max_length: Some(LENGTH),
        ..MetaSchema::new_with_format("string", "date-time")
    }
);

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at.to_string())
    }
}

impl ParseFromJSON for Time {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        String::parse_from_json(value)
            .map(Self)
            .map_err(ParseError::propagate)
    }
}

impl ToJSON for Time {
    fn to_json(&self) -> Option<Value> {
        self.0.to_json()
    }
}
