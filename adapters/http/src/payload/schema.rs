//! Validation of JSON bodies against their schema.
//!
//! poem-openapi's parsers stop at the first error, often do not name the field,
//! and accept numbers as strings. This validation reports every invalid field
//! and enforces the document: unknown members are rejected, and so is null
//! unless the schema is nullable.

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
use tenantry_domain::Invalid;

use super::{numbers, strict::Parsed};
use crate::problem::{FieldProblem, readable};

#[cfg(test)]
mod tests;

/// The maximum number of errors in one response.
const MAX_ERRORS: usize = 20;

/// The schema of a type and of the types it refers to.
struct Schema {
    root: MetaSchemaRef,
    parts: BTreeMap<String, MetaSchema>,
}

impl Schema {
    /// Returns the cached schema of `T`, building it on first use.
    fn of<T: ParseFromJSON + 'static>() -> Arc<Self> {
        static CACHE: OnceLock<RwLock<HashMap<TypeId, Arc<Schema>>>> = OnceLock::new();
        let cache = CACHE.get_or_init(RwLock::default);
        let id = TypeId::of::<T>();
        let read = cache.read().unwrap_or_else(PoisonError::into_inner);
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
        let mut write = cache.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(write.entry(id).or_insert(schema))
    }
}

/// Parses a value, or reports all its invalid fields.
pub(super) fn parse<T: ParseFromJSON + 'static>(parsed: Parsed) -> Result<T, Vec<FieldProblem>> {
    let Parsed { value, rounded } = parsed;
    let schema = Schema::of::<T>();
    let mut validation = Validation {
        parts: &schema.parts,
        errors: Vec::new(),
    };
    // An optional body that is absent is null.
    if T::IS_REQUIRED || !value.is_null() {
        validation.check(&schema.root, &value, "");
    }
    for path in &rounded {
        let Invalid { code, message } = numbers::rounded();
        validation.report(path, code, message);
    }
    if !validation.errors.is_empty() {
        validation.errors.truncate(MAX_ERRORS);
        return Err(validation.errors);
    }
    T::parse_from_json(Some(value)).map_err(|error| {
        let (code, message) = readable(error.message());
        vec![FieldProblem::new(field_in(error.message()), code, message)]
    })
}

/// Extracts the field from "field `name` verification failed".
fn field_in(reason: &str) -> &str {
    reason
        .split_once('`')
        .and_then(|(_, rest)| rest.split_once('`'))
        .map_or("body", |(name, _)| name)
}

struct Validation<'a> {
    parts: &'a BTreeMap<String, MetaSchema>,
    errors: Vec<FieldProblem>,
}

impl Validation<'_> {
    fn report(&mut self, path: &str, code: &str, message: impl Into<String>) {
        let field = if path.is_empty() { "body" } else { path };
        self.errors.push(FieldProblem::new(field, code, message));
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
                self.report(path, "invalid_type", "must be a whole number");
            }
            ("integer" | "number", Value::Number(number)) => {
                self.number(schema, number.as_f64(), path);
            }
            ("boolean", Value::Bool(_)) => {}
            ("object" | "array" | "string" | "integer" | "number" | "boolean", _) => {
                self.report(path, "invalid_type", expected(schema.ty));
            }
            _ => {}
        }
    }

    fn object(&mut self, schema: &MetaSchema, object: &Map<String, Value>, path: &str) {
        let member = |name: &str| {
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            }
        };
        if let Some(most) = schema.max_properties.filter(|most| object.len() > *most) {
            let message = format!("must have at most {most} entries");
            self.report(path, "too_many", message);
            return;
        }
        for name in &schema.required {
            if object.get(*name).is_none_or(Value::is_null) {
                self.report(&member(name), "required", "is missing");
            }
        }
        for (name, value) in object {
            let property = schema.properties.iter().find(|(known, _)| known == name);
            let missing = value.is_null() && schema.required.iter().any(|known| known == name);
            match (property, schema.additional_properties.as_deref()) {
                (Some(_), _) if missing => {}
                (Some((_, inner)), _) | (None, Some(inner)) => {
                    self.check(inner, value, &member(name));
                }
                (None, None) if schema.properties.is_empty() => {}
                (None, None) => self.report(&member(name), "unknown_field", "is not a known field"),
            }
        }
    }

    fn array(&mut self, schema: &MetaSchema, items: &[Value], path: &str) {
        if let Some(most) = schema.max_items.filter(|most| items.len() > *most) {
            self.report(path, "too_long", format!("must have at most {most} items"));
            return;
        }
        if let Some(least) = schema.min_items.filter(|least| items.len() < *least) {
            self.report(
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
            if self.errors.len() >= MAX_ERRORS {
                return;
            }
        }
    }

    fn string(&mut self, schema: &MetaSchema, text: &str, path: &str) {
        let length = text.chars().count();
        if let Some(most) = schema.max_length.filter(|most| length > *most) {
            self.report(
                path,
                "too_long",
                format!("must have at most {most} characters"),
            );
        }
        if let Some(least) = schema.min_length.filter(|least| length < *least) {
            self.report(
                path,
                "too_short",
                format!("must have at least {least} characters"),
            );
        }
        let listed = || schema.enum_items.iter().any(|item| item == text);
        if !schema.enum_items.is_empty() && !listed() {
            let names: Vec<_> = schema.enum_items.iter().filter_map(Value::as_str).collect();
            self.report(
                path,
                "invalid_choice",
                format!("must be one of {}", names.join(", ")),
            );
        }
        // The parser checks the rest of the hyphenated form.
        if schema.format == Some("uuid") && (text.len() != 36 || !text.is_ascii()) {
            let (code, message) = readable("uuid");
            self.report(path, code, message);
        }
    }

    fn number(&mut self, schema: &MetaSchema, number: Option<f64>, path: &str) {
        let Some(number) = number else {
            return;
        };
        if let Some(most) = schema.maximum.filter(|most| number > *most) {
            self.report(path, "out_of_range", format!("must be at most {most}"));
        }
        if let Some(least) = schema.minimum.filter(|least| number < *least) {
            self.report(path, "out_of_range", format!("must be at least {least}"));
        }
    }
}

const fn expected(kind: &str) -> &'static str {
    match kind.as_bytes() {
        b"object" => "must be an object",
        b"array" => "must be a list",
        b"string" => "must be a string",
        b"boolean" => "must be true or false",
        b"integer" => "must be a whole number",
        _ => "must be a number",
    }
}
