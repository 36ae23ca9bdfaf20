//! The shape of the configuration, read from its JSON Schema.
//!
//! Variable names, parsing, unknown keys, bounds and the example file are derived from it, so that a
//! field added to a section needs no further registration.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value as Json;

use crate::schema::{self, FILE_OF};

static CONFIG: LazyLock<Shape> = LazyLock::new(|| Shape::read(&schema::generate()));

/// The fields of a table by name.
pub(crate) type Fields = BTreeMap<String, Field>;

/// The shape of a value.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A table with fixed keys.
    Table(Fields),
    /// A table whose keys depend on the value of one of them.
    Choice(Box<Choice>),
    /// A table with arbitrary names.
    Map(Box<Field>),
    /// A list.
    List(Box<Shape>),
    /// A single value.
    Leaf(Leaf),
}

/// A table whose key `tag` selects its other keys.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) tag: String,
    pub(crate) tag_field: Field,
    pub(crate) variants: BTreeMap<String, Variant>,
}

/// A variant of a [`Choice`].
#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) doc: String,
    pub(crate) fields: Fields,
}

/// A key of a table.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) shape: Shape,
    pub(crate) doc: String,
    pub(crate) default: Json,
    pub(crate) required: bool,
    /// The sibling whose value is in the file that this key names.
    pub(crate) file_of: Option<String>,
}

/// A single value.
#[derive(Debug)]
pub(crate) enum Leaf {
    /// A string; bounds in characters.
    Text(Text),
    /// An integer between two inclusive bounds.
    Integer { min: i128, max: i128 },
    /// A boolean.
    Boolean,
}

/// The constraints of a string.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) secret: bool,
    pub(crate) url: bool,
    /// The allowed values; empty if all are allowed.
    pub(crate) choices: Vec<String>,
    pub(crate) min_length: u64,
    pub(crate) max_length: u64,
}

impl Shape {
    /// Returns the shape of the configuration.
    pub(crate) fn config() -> &'static Self {
        &CONFIG
    }

    /// Returns the key `name` of this table, or of the first variant that has it.
    pub(crate) fn child(&self, name: &str) -> Option<&Field> {
        match self {
            Self::Table(fields) => fields.get(name),
            Self::Choice(choice) if choice.tag == name => Some(&choice.tag_field),
            Self::Choice(choice) => {
                let mut variants = choice.variants.values();
                variants.find_map(|variant| variant.fields.get(name))
            }
            Self::Map(field) => Some(field),
            Self::List(_) | Self::Leaf(_) => None,
        }
    }

    /// Returns the key at a dotted path.
    pub(crate) fn find(&self, path: &str) -> Option<&Field> {
        let (name, rest) = match path.split_once('.') {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        let field = self.child(name)?;
        match rest {
            Some(rest) => field.shape.find(rest),
            None => Some(field),
        }
    }

    fn read(schema: &Json) -> Self {
        let variants = ["oneOf", "anyOf"]
            .iter()
            .find_map(|word| schema[word].as_array());
        if let Some(variants) = variants {
            return Self::read_variants(variants);
        }
        let types = match &schema["type"] {
            Json::Array(types) => types.as_slice(),
            single => std::slice::from_ref(single),
        };
        // The type of an optional key includes null.
        let kind = types
            .iter()
            .filter_map(Json::as_str)
            .find(|kind| *kind != "null");
        match kind {
            Some("object") if schema["additionalProperties"].is_object() => Self::Map(Box::new(
                Field::read(&schema["additionalProperties"], false),
            )),
            Some("object") => Self::Table(read_fields(schema, "")),
            Some("array") => Self::List(Box::new(Self::read(&schema["items"]))),
            Some("boolean") => Self::Leaf(Leaf::Boolean),
            Some("integer") => Self::Leaf(Leaf::Integer {
                min: bound(&schema["minimum"]).unwrap_or(i128::MIN),
                max: bound(&schema["maximum"]).unwrap_or(i128::MAX),
            }),
            _ => Self::Leaf(Leaf::Text(Text::read(schema, read_choices(schema)))),
        }
    }

    fn read_variants(variants: &[Json]) -> Self {
        let mut some = variants.iter().filter(|variant| variant["type"] != "null");
        if let Some(tag) = variants.iter().find_map(tag_of) {
            let read = |variant: &Json| {
                let name = variant["properties"][&tag]["const"].as_str()?.to_owned();
                let fields = read_fields(variant, &tag);
                let doc = text_of(&variant["description"]);
                Some((name, Variant { doc, fields }))
            };
            let variants: BTreeMap<_, _> = variants.iter().filter_map(read).collect();
            let choices = variants.keys().cloned().collect();
            return Self::Choice(Box::new(Choice {
                tag,
                tag_field: Field {
                    shape: Self::Leaf(Leaf::Text(Text::read(&Json::Null, choices))),
                    doc: String::new(),
                    default: Json::Null,
                    required: true,
                    file_of: None,
                },
                variants,
            }));
        }
        if let (Some(only), None) = (some.next(), some.next()) {
            return Self::read(only);
        }
        let choices = variants.iter().flat_map(read_choices).collect();
        Self::Leaf(Leaf::Text(Text::read(&Json::Null, choices)))
    }
}

impl Field {
    fn read(schema: &Json, required: bool) -> Self {
        Self {
            shape: Shape::read(schema),
            doc: text_of(&schema["description"]),
            default: schema["default"].clone(),
            required,
            file_of: schema[FILE_OF].as_str().map(str::to_owned),
        }
    }
}

impl Text {
    fn read(schema: &Json, choices: Vec<String>) -> Self {
        Self {
            secret: schema["writeOnly"] == true,
            url: schema["format"] == "uri",
            choices,
            min_length: schema["minLength"].as_u64().unwrap_or(0),
            max_length: schema["maxLength"].as_u64().unwrap_or(u64::MAX),
        }
    }
}

fn read_fields(schema: &Json, without: &str) -> Fields {
    let required = schema["required"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .filter(|(name, _)| *name != without)
        .map(|(name, schema)| {
            let required = required.iter().any(|key| key == name);
            (name.clone(), Field::read(schema, required))
        })
        .collect()
}

/// Returns the property whose constant value identifies this variant.
fn tag_of(variant: &Json) -> Option<String> {
    let mut properties = variant["properties"].as_object()?.iter();
    let tag = properties.find(|(_, property)| property["const"].is_string());
    tag.map(|(name, _)| name.clone())
}

fn read_choices(schema: &Json) -> Vec<String> {
    let listed = schema["enum"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let single = std::slice::from_ref(&schema["const"]);
    let values = listed.iter().chain(single);
    values.filter_map(Json::as_str).map(str::to_owned).collect()
}

fn bound(number: &Json) -> Option<i128> {
    let unsigned = number.as_u64().map(i128::from);
    unsigned.or_else(|| number.as_i64().map(i128::from))
}

/// Returns a doc comment as one line.
fn text_of(description: &Json) -> String {
    let text = description.as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_documented(path: &str, fields: &Fields) {
        for (name, field) in fields {
            let key = format!("{path}.{name}");
            assert!(!field.doc.is_empty(), "{key} has no doc comment");
            assert_table(&key, &field.shape);
        }
    }

    fn assert_table(path: &str, shape: &Shape) {
        match shape {
            Shape::Table(fields) => assert_documented(path, fields),
            Shape::Choice(choice) => {
                for variant in choice.variants.values() {
                    assert!(!variant.doc.is_empty(), "{path} has no doc comment");
                    assert_documented(path, &variant.fields);
                }
            }
            Shape::Map(field) => assert_table(path, &field.shape),
            Shape::List(element) => assert_table(path, element),
            Shape::Leaf(_) => {}
        }
    }

    #[test]
    fn every_key_is_documented() {
        assert_table("", Shape::config());
    }

    #[test]
    fn keys_are_found_in_sections_variants_and_maps() {
        let find = |path| Shape::config().find(path);
        assert!(find("http.port").is_some());
        assert!(find("database.row_security.reads").is_some());
        assert!(find("storages.any.secret_access_key_file").is_some());
        assert!(find("http.port.x").is_none());
        assert!(find("profile").is_none());
        let port = find("http.port").map(|field| &field.shape);
        let bounds = matches!(
            port,
            Some(Shape::Leaf(Leaf::Integer {
                min: 0,
                max: 65_535
            }))
        );
        assert!(bounds);
    }
}
