//! Objects with arbitrary keys.

use std::collections::BTreeMap;

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde_json::Value;

/// An object with at most `MAX` members, checked when a body is validated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Map<T, const MAX: usize>(pub(crate) BTreeMap<String, T>);

impl<T: Type, const MAX: usize> Type for Map<T, MAX> {
    const IS_REQUIRED: bool = true;

    type RawValueType = BTreeMap<String, T>;
    type RawElementValueType = T::RawValueType;

    fn name() -> std::borrow::Cow<'static, str> {
        <BTreeMap<String, T>>::name()
    }

    fn schema_ref() -> MetaSchemaRef {
        <BTreeMap<String, T>>::schema_ref().merge(MetaSchema {
            max_properties: Some(MAX),
            ..MetaSchema::ANY
        })
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        Some(&self.0)
    }

    fn raw_element_iter<'a>(
        &'a self,
    ) -> Box<dyn Iterator<Item = &'a Self::RawElementValueType> + 'a> {
        self.0.raw_element_iter()
    }
}

impl<T: ParseFromJSON, const MAX: usize> ParseFromJSON for Map<T, MAX> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        <BTreeMap<String, T>>::parse_from_json(value)
            .map(Self)
            .map_err(ParseError::propagate)
    }
}

impl<T: ToJSON, const MAX: usize> ToJSON for Map<T, MAX> {
    fn to_json(&self) -> Option<Value> {
        self.0.to_json()
    }
}
