//! Sort orders of lists.

use poem_openapi::types::{ParseError, ParseFromParameter, ParseResult};
use serde_json::Value;

use super::{choice::ClosedEnum, scalar::enum_type};

/// A field to sort by; a `-` before its name sorts in descending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sort<E> {
    /// The field.
    pub(crate) field: E,
    /// Whether the order is descending.
    pub(crate) descending: bool,
}

impl<E: ClosedEnum> Sort<E> {
    /// Sorts by `field` in ascending order.
    pub(crate) const fn ascending(field: E) -> Self {
        Self {
            field,
            descending: false,
        }
    }
}

enum_type!(Sort, |name| [
    Value::from(name),
    Value::from(format!("-{name}"))
]);

impl<E: ClosedEnum> ParseFromParameter for Sort<E> {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        let (name, descending) = match value.strip_prefix('-') {
            Some(name) => (name, true),
            None => (value, false),
        };
        let mut variants = E::VARIANTS.iter();
        let found = variants.find(|(variant, _)| *variant == name);
        found
            .map(|(_, field)| Self {
                field: *field,
                descending,
            })
            .ok_or_else(|| ParseError::custom("unknown sort order"))
    }
}
