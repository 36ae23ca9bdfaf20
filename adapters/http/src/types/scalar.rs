//! The common parts of types.

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

/// Implements `Type` for a wrapper of a closed enum with a named schema.
macro_rules! enum_type {
    ($type:ident, $names:expr) => {
        impl<E: ClosedEnum> poem_openapi::types::Type for $type<E> {
            const IS_REQUIRED: bool = true;

            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> std::borrow::Cow<'static, str> {
                E::SCHEMA.into()
            }

            fn schema_ref() -> poem_openapi::registry::MetaSchemaRef {
                poem_openapi::registry::MetaSchemaRef::Reference(E::SCHEMA.to_owned())
            }

            fn register(registry: &mut poem_openapi::registry::Registry) {
                let names = E::VARIANTS.iter().map(|(name, _)| *name).flat_map($names);
                registry.create_schema::<Self, _>(E::SCHEMA.to_owned(), |_| {
                    poem_openapi::registry::MetaSchema {
                        description: Some(E::DESCRIPTION),
                        enum_items: names.collect(),
                        ..poem_openapi::registry::MetaSchema::new("string")
                    }
                });
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }
    };
}

pub(super) use {enum_type, inline_type};
