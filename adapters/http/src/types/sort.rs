//! Sort orders of lists.

use std::{borrow::Cow, iter};

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::{ParseError, ParseFromParameter, ParseResult, Type},
};

use super::choice::ClosedEnum;

/// A field to sort by; a `-` before its name sorts in descending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sort<F> {
    /// The field.
    pub(crate) field: F,
    /// Whether the order is descending.
    pub(crate) descending: bool,
}

impl<F: ClosedEnum> Sort<F> {
    /// Sorts by `field` in ascending order.
    pub(crate) const fn ascending(field: F) -> Self {
        Self {
            field,
            descending: false,
        }
    }
}

impl<F: ClosedEnum> Type for Sort<F> {
    const IS_REQUIRED: bool = true;

    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        F::SCHEMA.into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Reference(F::SCHEMA.to_owned())
    }

    fn register(registry: &mut Registry) {
        let names = F::VARIANTS.iter().map(|(name, _)| name);
        registry.create_schema::<Self, _>(F::SCHEMA.to_owned(), |_| MetaSchema {
            description: Some(F::DESCRIPTION),
            enum_items: names
                .flat_map(|name| [(*name).into(), format!("-{name}").into()])
                .collect(),
            ..MetaSchema::new("string")
        });
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(iter::once(self))
    }
}

impl<F: ClosedEnum> ParseFromParameter for Sort<F> {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        let (name, descending) = match value.strip_prefix('-') {
            Some(name) => (name, true),
            None => (value, false),
        };
        let mut variants = F::VARIANTS.iter();
        let found = variants.find(|(variant, _)| *variant == name);
        found
            .map(|(_, field)| Self {
                field: *field,
                descending,
            })
            .ok_or_else(|| ParseError::custom("unknown sort order"))
    }
}
