//! The schemas of the document.

use serde_json::{Map, Value, json};

/// The prefix of references to schemas.
pub(super) const SCHEMAS: &str = "#/components/schemas/";

/// The maximum values of integers, by format. Sizes and counts are stored as
/// signed integers.
const INTEGERS: &[(&str, u64)] = &[
    ("int32", i32::MAX as u64),
    ("uint16", u16::MAX as u64),
    ("uint32", u32::MAX as u64),
    ("uint64", i64::MAX as u64),
];

/// Completes all schemas; `request_schemas` are those that requests refer to.
pub(super) fn complete(document: &mut Value, request_schemas: Vec<String>) {
    bound_integers(document);
    let schemas = &mut document["components"]["schemas"];
    close_objects(schemas, request_schemas);
    let types = types(schemas);
    complete_nullable(schemas, &types);
}

/// Collects the names of the components that `value` refers to.
pub(super) fn references(value: &Value, prefix: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let target = members.get("$ref").and_then(Value::as_str);
            let name = target.and_then(|target| target.strip_prefix(prefix));
            found.extend(name.map(str::to_owned));
            members
                .values()
                .for_each(|value| references(value, prefix, found));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|value| references(value, prefix, found)),
        _ => {}
    }
}

/// States the range of integers without explicit bounds.
fn bound_integers(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let format = members.get("format").and_then(Value::as_str);
            let is_integer = members.get("type").is_some_and(|kind| kind == "integer");
            let range = INTEGERS.iter().find(|(name, _)| Some(*name) == format);
            if let Some((_, maximum)) = range.filter(|_| is_integer)
                && !members.contains_key("maximum")
            {
                members.insert("maximum".to_owned(), json!(maximum));
                members.entry("minimum").or_insert_with(|| json!(0));
            }
            members.values_mut().for_each(bound_integers);
        }
        Value::Array(items) => items.iter_mut().for_each(bound_integers),
        _ => {}
    }
}

/// Returns the type of every schema, keyed by its reference.
fn types(schemas: &Value) -> Map<String, Value> {
    let schemas = schemas.as_object().into_iter().flatten();
    schemas
        .map(|(name, schema)| (format!("{SCHEMAS}{name}"), schema["type"].clone()))
        .collect()
}

/// Completes nullable references: the specification requires a `type` next to
/// `nullable`, and poem-openapi repeats the members inside `allOf`.
fn complete_nullable(value: &mut Value, types: &Map<String, Value>) {
    match value {
        Value::Object(members) => {
            let is_nullable = members.get("nullable") == Some(&json!(true));
            let reference = members
                .get("allOf")
                .and_then(|parts| parts[0]["$ref"].as_str())
                .filter(|_| is_nullable && !members.contains_key("type"))
                .map(str::to_owned);
            if let Some(target) = reference {
                let kind = types.get(&target).cloned().unwrap_or_default();
                members.insert("type".to_owned(), kind);
                members.insert("allOf".to_owned(), json!([{ "$ref": target }]));
            }
            members
                .values_mut()
                .for_each(|value| complete_nullable(value, types));
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|value| complete_nullable(value, types)),
        _ => {}
    }
}

/// Closes the objects of requests, whose unknown members are rejected.
fn close_objects(schemas: &mut Value, mut pending: Vec<String>) {
    let mut closed: Vec<String> = Vec::new();
    while let Some(name) = pending.pop() {
        if closed.contains(&name) {
            continue;
        }
        if let Some(schema) = schemas.get_mut(&name) {
            if schema["type"] == "object" && schema.get("additionalProperties").is_none() {
                schema["additionalProperties"] = json!(false);
            }
            references(schema, SCHEMAS, &mut pending);
        }
        closed.push(name);
    }
}
