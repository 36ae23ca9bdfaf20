//! Values of closed enums.

use poem_openapi::types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON};
use serde_json::Value;

use super::scalar::enum_type;

/// An enum whose variants have stable names in the API; implemented by
/// [`closed_enums!`].
pub(crate) trait ClosedEnum: Copy + Send + Sync + 'static {
    /// The name of the schema.
    const SCHEMA: &'static str;
    /// The description of the schema.
    const DESCRIPTION: &'static str;
    /// Every variant with its name.
    const VARIANTS: &'static [(&'static str, Self)];

    /// Returns the variant's name.
    fn name(self) -> &'static str;
}

/// Declares enums of the domain as schemas of the document. A variant without a
/// name does not compile.
macro_rules! closed_enums {
    ($(
        $(#[doc = $description:literal])+
        $type:ty as $schema:literal { $($variant:ident = $name:literal,)+ }
    )+) => {$(
        impl $crate::types::choice::ClosedEnum for $type {
            const SCHEMA: &'static str = $schema;
            const DESCRIPTION: &'static str = concat!($($description),+).trim_ascii_start();
            const VARIANTS: &'static [(&'static str, Self)] = &[$(($name, Self::$variant),)+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    )+};
}

pub(crate) use closed_enums;

/// A value of a closed enum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Choice<E>(pub(crate) E);

impl<E> From<E> for Choice<E> {
    fn from(value: E) -> Self {
        Self(value)
    }
}

impl<E: ClosedEnum> Choice<E> {
    fn find(name: &str) -> Option<Self> {
        let mut variants = E::VARIANTS.iter();
        let (_, value) = variants.find(|(variant, _)| *variant == name)?;
        Some(Self(*value))
    }
}

enum_type!(Choice, |name| [Value::from(name)]);

impl<E: ClosedEnum> ParseFromJSON for Choice<E> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let value = value.unwrap_or_default();
        let found = value.as_str().and_then(Self::find);
        found.ok_or_else(|| ParseError::expected_type(value))
    }
}

impl<E: ClosedEnum> ParseFromParameter for Choice<E> {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        Self::find(value).ok_or_else(|| ParseError::custom("unknown name"))
    }
}

impl<E: ClosedEnum> ToJSON for Choice<E> {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.name().into())
    }
}
