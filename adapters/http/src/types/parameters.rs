//! Groups of parameters that several operations share.
//!
//! poem-openapi knows one parameter per argument of a handler. A group is an
//! argument whose schema is an object with one property per parameter; the
//! service expands it to separate parameters in the document.

use poem_openapi::registry::{MetaOperationParam, MetaSchema, MetaSchemaRef};

/// Declares a struct that extracts query parameters or headers, each like a
/// `Query<T>` or `Header<T>` argument of a handler.
macro_rules! parameters {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis struct $group:ident in $location:ident {
            $(
                $(#[doc = $description:literal])+
                $field:ident as $name:literal: $type:ty,
            )+
        }
    )+) => {$(
        $(#[$attribute])*
        $visibility struct $group {
            $(
                $(#[doc = $description])+
                $visibility $field: $type,
            )+
        }

        impl<'a> poem_openapi::ApiExtractor<'a> for $group {
            const TYPES: &'static [poem_openapi::ApiExtractorType] =
                &[poem_openapi::ApiExtractorType::Parameter];

            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut poem_openapi::registry::Registry) {
                $(<$type as poem_openapi::types::Type>::register(registry);)+
            }

            fn param_in() -> Option<poem_openapi::registry::MetaParamIn> {
                Some(poem_openapi::registry::MetaParamIn::$location)
            }

            fn param_schema_ref() -> Option<poem_openapi::registry::MetaSchemaRef> {
                use poem_openapi::types::Type;
                Some($crate::types::parameters::group(vec![$(
                    $crate::types::parameters::Parameter {
                        name: $name,
                        description: concat!($($description),+),
                        schema: <$type>::schema_ref(),
                        is_required: <$type>::IS_REQUIRED,
                    },
                )+]))
            }

            async fn from_request(
                request: &'a poem::Request,
                body: &mut poem::RequestBody,
                _: poem_openapi::ExtractParamOptions<()>,
            ) -> poem::Result<Self> {
                Ok(Self {$(
                    $field: {
                        type Extractor = poem_openapi::param::$location<$type>;
                        let options = poem_openapi::ExtractParamOptions {
                            name: $name,
                            ..Default::default()
                        };
                        <Extractor as poem_openapi::ApiExtractor>::from_request(
                            request, body, options,
                        )
                        .await?
                        .0
                    },
                )+})
            }
        }
    )+};
}

pub(crate) use parameters;

/// One parameter of a group.
pub(crate) struct Parameter {
    /// The name of the parameter.
    pub(crate) name: &'static str,
    /// The description in the document.
    pub(crate) description: &'static str,
    /// The schema of the parameter.
    pub(crate) schema: MetaSchemaRef,
    /// Whether the parameter is required.
    pub(crate) is_required: bool,
}

/// Returns the schema that represents a group.
pub(crate) fn group(parameters: Vec<Parameter>) -> MetaSchemaRef {
    let mut schema = MetaSchema::new("object");
    for parameter in parameters {
        if parameter.is_required {
            schema.required.push(parameter.name);
        }
        let property = MetaSchema {
            description: Some(parameter.description.trim_start()),
            all_of: vec![parameter.schema],
            ..MetaSchema::ANY
        };
        let property = MetaSchemaRef::Inline(Box::new(property));
        schema.properties.push((parameter.name, property));
    }
    MetaSchemaRef::Inline(Box::new(schema))
}

/// Expands a group to its parameters; other parameters stay unchanged.
pub(crate) fn expand(parameter: MetaOperationParam) -> Vec<MetaOperationParam> {
    let group = match &parameter.schema {
        MetaSchemaRef::Inline(schema) if !schema.properties.is_empty() => schema,
        _ => return vec![parameter],
    };
    let mut expanded = Vec::new();
    for (name, property) in &group.properties {
        let MetaSchemaRef::Inline(property) = property else {
            continue;
        };
        expanded.extend(property.all_of.iter().map(|schema| MetaOperationParam {
            name: (*name).to_owned(),
            schema: schema.clone(),
            in_type: parameter.in_type,
            description: property.description.map(str::to_owned),
            required: group.required.contains(name),
            deprecated: false,
            explode: true,
            style: None,
        }));
    }
    expanded
}
