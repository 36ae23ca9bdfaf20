//! Checks a body against the schema that is in the document.
//!
//! poem-openapi's parsers stop at the first fault, often do not name it, and
//! take a number for a text. This finds every field that does not fit, so what
//! the document says is what is accepted: also that a member it does not name
//! is refused, and null where it says nothing of null.

use std::{
    any::TypeId,
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::ParseFromJSON,
};
use serde_json::{Map, Value};

use crate::problem::{FieldProblem, readable};

/// More than these are not told at once.
const MOST: usize = 20;

/// The schema of a type and of all it consists of.
struct Schema {
    root: MetaSchemaRef,
    parts: BTreeMap<String, MetaSchema>,
}

impl Schema {
    /// Made at the first body of that type, then kept.
    fn of<T: ParseFromJSON + 'static>() -> Arc<Self> {
        static KNOWN: OnceLock<RwLock<HashMap<TypeId, Arc<Schema>>>> = OnceLock::new();
        let known = KNOWN.get_or_init(RwLock::default);
        let id = TypeId::of::<T>();
        let read = known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = read.get(&id) {
            return Arc::clone(schema);
        }
        drop(read);
        let mut registry = Registry::new();
        T::register(&mut registry);
        let schema = Arc::new(Self {
            root: T::schema_ref(),
            parts: registry.schemas,
        });
        let mut write = known.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(write.entry(id).or_insert(schema))
    }
}

/// The value as a `T`, or everything that is wrong with it.
pub(super) fn parse<T: ParseFromJSON + 'static>(value: Value) -> Result<T, Vec<FieldProblem>> {
    let schema = Schema::of::<T>();
    let mut walk = Walk {
        parts: &schema.parts,
        found: Vec::new(),
    };
    // An optional body that is absent is null.
    if T::IS_REQUIRED || !value.is_null() {
        walk.check(&schema.root, &value, "");
    }
    if !walk.found.is_empty() {
        walk.found.truncate(MOST);
        return Err(walk.found);
    }
    T::parse_from_json(Some(value)).map_err(|error| {
        let (code, message) = readable(error.message());
        vec![FieldProblem::new(named_in(error.message()), code, message)]
    })
}

/// The field in "field `name` verification failed".
fn named_in(reason: &str) -> &str {
    reason
        .split_once('`')
        .and_then(|(_, rest)| rest.split_once('`'))
        .map_or("body", |(name, _)| name)
}

struct Walk<'a> {
    parts: &'a BTreeMap<String, MetaSchema>,
    found: Vec<FieldProblem>,
}

impl Walk<'_> {
    fn note(&mut self, path: &str, code: &str, message: impl Into<String>) {
        let field = if path.is_empty() { "body" } else { path };
        self.found.push(FieldProblem::new(field, code, message));
    }

    fn check(&mut self, schema: &MetaSchemaRef, value: &Value, path: &str) {
        let parts = self.parts;
        let schema = match schema {
            MetaSchemaRef::Inline(schema) => schema,
            MetaSchemaRef::Reference(name) => match parts.get(name) {
                Some(schema) => schema,
                None => return,
            },
        };
        if value.is_null() && schema.nullable {
            return;
        }
        for part in &schema.all_of {
            self.check(part, value, path);
        }
        match (schema.ty, value) {
            ("object", Value::Object(object)) => self.object(schema, object, path),
            ("array", Value::Array(items)) => self.array(schema, items, path),
            ("string", Value::String(text)) => self.string(schema, text, path),
            ("integer", Value::Number(number)) if number.is_f64() => {
                self.note(path, "invalid_type", "must be a whole number");
            }
            ("integer" | "number", Value::Number(number)) => {
                self.number(schema, number.as_f64(), path);
            }
            ("boolean", Value::Bool(_)) => {}
            ("object" | "array" | "string" | "integer" | "number" | "boolean", _) => {
                self.note(path, "invalid_type", expected(schema.ty));
            }
            _ => {}
        }
    }

    fn object(&mut self, schema: &MetaSchema, object: &Map<String, Value>, path: &str) {
        let below = |name: &str| {
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            }
        };
        for name in &schema.required {
            if object.get(*name).is_none_or(Value::is_null) {
                self.note(&below(name), "required", "is missing");
            }
        }
        for (name, value) in object {
            let known = schema.properties.iter().find(|(known, _)| known == name);
            let missing = value.is_null() && schema.required.iter().any(|known| known == name);
            match (known, schema.additional_properties.as_deref()) {
                (Some(_), _) if missing => {}
                (Some((_, inner)), _) | (None, Some(inner)) => {
                    self.check(inner, value, &below(name));
                }
                (None, None) if schema.properties.is_empty() => {}
                (None, None) => self.note(&below(name), "unknown_field", "is not known here"),
            }
        }
    }

    fn array(&mut self, schema: &MetaSchema, items: &[Value], path: &str) {
        if let Some(most) = schema.max_items.filter(|most| items.len() > *most) {
            self.note(path, "too_long", format!("must have at most {most} items"));
            return;
        }
        if let Some(least) = schema.min_items.filter(|least| items.len() < *least) {
            self.note(
                path,
                "too_short",
                format!("must have at least {least} items"),
            );
        }
        let Some(inner) = &schema.items else {
            return;
        };
        for (index, item) in items.iter().enumerate() {
            let path = if path.is_empty() {
                index.to_string()
            } else {
                format!("{path}.{index}")
            };
            self.check(inner, item, &path);
            if self.found.len() >= MOST {
                return;
            }
        }
    }

    fn string(&mut self, schema: &MetaSchema, text: &str, path: &str) {
        let length = text.chars().count();
        if let Some(most) = schema.max_length.filter(|most| length > *most) {
            self.note(
                path,
                "too_long",
                format!("must have at most {most} characters"),
            );
        }
        if let Some(least) = schema.min_length.filter(|least| length < *least) {
            self.note(
                path,
                "too_short",
                format!("must have at least {least} characters"),
            );
        }
        let listed = || schema.enum_items.iter().any(|item| item == text);
        if !schema.enum_items.is_empty() && !listed() {
            let names: Vec<_> = schema.enum_items.iter().filter_map(Value::as_str).collect();
            self.note(
                path,
                "invalid_choice",
                format!("must be one of {}", names.join(", ")),
            );
        }
        // Anything stricter than the hyphenated form is the parser's to say.
        if schema.format == Some("uuid") && (text.len() != 36 || !text.is_ascii()) {
            let (code, message) = readable("uuid");
            self.note(path, code, message);
        }
    }

    fn number(&mut self, schema: &MetaSchema, number: Option<f64>, path: &str) {
        let Some(number) = number else {
            return;
        };
        if let Some(most) = schema.maximum.filter(|most| number > *most) {
            self.note(path, "out_of_range", format!("must be at most {most}"));
        }
        if let Some(least) = schema.minimum.filter(|least| number < *least) {
            self.note(path, "out_of_range", format!("must be at least {least}"));
        }
    }
}

const fn expected(kind: &str) -> &'static str {
    match kind.as_bytes() {
        b"object" => "must be an object",
        b"array" => "must be a list",
        b"string" => "must be text",
        b"boolean" => "must be true or false",
        b"integer" => "must be a whole number",
        _ => "must be a number",
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::{Enum, Object};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[derive(Debug, Enum)]
    #[oai(rename_all = "lowercase")]
    enum Colour {
        Red,
        Green,
    }

    #[derive(Debug, Object)]
    #[oai(deny_unknown_fields)]
    struct Part {
        #[oai(validator(max_length = 3))]
        name: String,
    }

    #[derive(Debug, Object)]
    #[oai(deny_unknown_fields)]
    struct Whole {
        #[oai(validator(minimum(value = "1"), maximum(value = "9")))]
        count: u32,
        colour: Colour,
        parts: Vec<Part>,
        note: Option<String>,
        id: Option<Uuid>,
    }

    fn found(value: &Value) -> Vec<String> {
        let problems = parse::<Whole>(value.clone()).err().unwrap_or_default();
        problems
            .into_iter()
            .map(|problem| format!("{} {}", problem.field, problem.code))
            .collect()
    }

    #[test]
    fn names_every_field_that_is_wrong() {
        let fine = json!({"count": 1, "colour": "red", "parts": [{"name": "a"}]});
        assert!(found(&fine).is_empty());
        for (value, expected) in [
            (json!([]), vec!["body invalid_type"]),
            (
                json!({}),
                vec!["count required", "colour required", "parts required"],
            ),
            (
                json!({"count": 10, "colour": "blue", "parts": [], "more": 1}),
                vec![
                    "colour invalid_choice",
                    "count out_of_range",
                    "more unknown_field",
                ],
            ),
            (
                json!({"count": 1.5, "colour": "red", "parts": [{"name": "a"}, {"name": "abcd"}], "note": 1}),
                vec![
                    "count invalid_type",
                    "note invalid_type",
                    "parts.1.name too_long",
                ],
            ),
            (
                json!({"count": 1, "colour": "green", "parts": [], "id": "7"}),
                vec!["id invalid_format"],
            ),
            (
                json!({"count": null, "colour": "green", "parts": [], "note": null}),
                vec!["count required", "note invalid_type"],
            ),
        ] {
            assert_eq!(found(&value), expected, "{value}");
        }
    }
}
