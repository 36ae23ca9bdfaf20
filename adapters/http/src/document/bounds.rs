//! Bounds of the texts in answers, by the name of the property.
//!
//! What is read carries its bounds as validators beside the field. What we
//! write is bounded by the domain; this is where the document says so, once
//! for every schema. An answer's text that is in neither place fails a test.

use serde_json::{Value, json};

/// The most characters of a text, or of each text in a list or map.
const TEXTS: &[(&str, u32)] = &[
    ("access_token", 4096),
    ("action", 64),
    ("advice", 1024),
    ("code", 64),
    ("csrf_token", 128),
    ("detail", 4096),
    ("digest", 128),
    ("display_name", 100),
    ("email", 254),
    ("error", 1024),
    ("filename", 255),
    ("isolation", 16),
    ("kind", 64),
    ("message", 1024),
    ("mime_type", 255),
    ("name", 100),
    ("next_cursor", 4096),
    ("path", 1024),
    ("permissions", 64),
    ("refresh_token", 1024),
    ("request_id", 128),
    ("roles", 64),
    ("subdomain", 63),
    ("subject_id", 128),
    ("subject_kind", 64),
    ("token_type", 16),
    ("uploaded_by_email", 254),
    ("username", 64),
];

/// The most entries of a list or map, where its name does not tell more.
const ENTRIES: u32 = 1000;

/// The largest values of integers, by format. Sizes and counts are kept signed.
const INTEGERS: &[(&str, u64)] = &[
    ("int32", i32::MAX as u64),
    ("uint16", u16::MAX as u64),
    ("uint32", u32::MAX as u64),
    ("uint64", i64::MAX as u64),
];

/// The most characters of a header of ours.
const HEADER: u32 = 2048;

/// Bounds what an answer says in its headers.
pub(super) fn bound_headers(response: &mut Value) {
    let headers = response.get_mut("headers").and_then(Value::as_object_mut);
    for (_, header) in headers.into_iter().flatten() {
        let schema = &mut header["schema"];
        if schema["type"] == "string" && is_open(schema) {
            default(schema, "maxLength", HEADER);
        }
        bound_integer(schema);
    }
}

/// Bounds a body that is a map rather than a named schema.
pub(super) fn bound_body(response: &mut Value) {
    let contents = response.get_mut("content").and_then(Value::as_object_mut);
    for (_, content) in contents.into_iter().flatten() {
        let schema = &mut content["schema"];
        if schema["type"] == "object" && !schema["additionalProperties"].is_null() {
            default(schema, "maxProperties", ENTRIES);
        }
    }
}

fn bound_integer(schema: &mut Value) {
    let format = schema["format"].as_str();
    let largest = INTEGERS.iter().find(|(name, _)| Some(*name) == format);
    if let Some((_, largest)) = largest
        && schema["maximum"].is_null()
    {
        schema["maximum"] = json!(largest);
        if schema["minimum"].is_null() {
            schema["minimum"] = json!(0);
        }
    }
}

/// Completes every property of `schemas` that says no bound of its own.
pub(super) fn bound(schemas: &mut Value) {
    let schemas = schemas.as_object_mut().into_iter().flatten();
    for (_, schema) in schemas {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            bound_property(name, property);
        }
    }
}

fn bound_property(name: &str, property: &mut Value) {
    match property["type"].as_str() {
        Some("string") if is_open(property) => bound_text(name, property),
        Some("integer") => bound_integer(property),
        Some("array") => {
            default(property, "maxItems", ENTRIES);
            bound_nested(name, property, "items");
        }
        Some("object") if property["additionalProperties"].is_object() => {
            default(property, "maxProperties", ENTRIES);
            bound_nested(name, property, "additionalProperties");
        }
        _ => {}
    }
}

fn bound_nested(name: &str, property: &mut Value, member: &str) {
    if let Some(nested) = property.get_mut(member)
        && nested["type"] == "string"
        && is_open(nested)
    {
        bound_text(name, nested);
    }
}

fn bound_text(name: &str, text: &mut Value) {
    if name == "at" || name.ends_with("_at") {
        text["format"] = json!("date-time");
        text["maxLength"] = json!(24);
    } else if let Some((_, most)) = TEXTS.iter().find(|(known, _)| *known == name) {
        text["maxLength"] = json!(most);
    }
}

fn is_open(text: &Value) -> bool {
    ["maxLength", "format", "enum"]
        .iter()
        .all(|bound| text[*bound].is_null())
}

fn default(schema: &mut Value, member: &str, value: u32) {
    if schema[member].is_null() {
        schema[member] = json!(value);
    }
}
