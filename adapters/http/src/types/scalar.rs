//! The common part of types whose schema is inlined where they are used.

/// Implements `Type` for a newtype with an inline schema.
macro_rules! inline_type {
    ([$($generics:tt)*] $type:ty, $raw:ty, $element:ty, $name:expr, $schema:expr) => {
        impl<$($generics)*> poem_openapi::types::Type for $type {
            const IS_REQUIRED: bool = true;

            type RawValueType = $raw;
            type RawElementValueType = $element;

            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn schema_ref() -> poem_openapi::registry::MetaSchemaRef {
                poem_openapi::registry::MetaSchemaRef::Inline(Box::new($schema))
            }

            fn as_raw_value(&self) -> Option<&$raw> {
                Some(&self.0)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a $element> + 'a> {
                self.0.raw_element_iter()
            }
        }
    };
}

pub(super) use inline_type;
