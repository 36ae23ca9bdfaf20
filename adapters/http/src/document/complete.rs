//! What poem-openapi's document lacks: the problems any operation may answer
//! with, which follow from what it takes, and what linters ask for.

use poem::http::StatusCode;
use poem_openapi::{registry::Registry, types::Type};
use serde_json::{Map, Value, json};

use super::bounds;
use crate::problem::{PROBLEM_JSON, ProblemBody, codes};

/// Where components are.
const SCHEMAS: &str = "#/components/schemas/";
const RESPONSES: &str = "#/components/responses/";

/// The version of the specification the document keeps to.
const OPENAPI: &str = "3.0.3";

/// When an operation may answer with a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    /// It needs a caller.
    Secured,
    /// It names something: by its path, or within a caller's tenant.
    Naming,
    /// It changes something.
    Changing,
    /// It reads a body.
    Body,
}

const COMMON: &[(u16, When)] = &[
    (400, When::Always),
    (401, When::Secured),
    (403, When::Secured),
    (404, When::Naming),
    (409, When::Changing),
    (413, When::Body),
    (415, When::Body),
    (429, When::Always),
    (500, When::Always),
    (503, When::Always),
];

/// Completes the document in place.
pub(super) fn complete(document: &mut Value) {
    document["openapi"] = json!(OPENAPI);
    for server in document["servers"].as_array_mut().into_iter().flatten() {
        server["x-internal"] = json!(false);
    }
    let mut read = Vec::new();
    for operation in operations(document) {
        complete_operation(operation.0, operation.1);
        announce_limits(operation.1);
        tidy(operation.1);
        references(&operation.1["requestBody"], SCHEMAS, &mut read);
    }
    let mut registry = Registry::new();
    ProblemBody::register(&mut registry);
    for (name, schema) in &registry.schemas {
        document["components"]["schemas"][name] = json!(schema);
    }
    let mut used = Vec::new();
    references(&document["paths"], RESPONSES, &mut used);
    let mut responses = shared_responses();
    responses.retain(|name, _| used.contains(name));
    document["components"]["responses"] = Value::Object(responses);
    let schemas = &mut document["components"]["schemas"];
    close_objects(schemas, read);
    bounds::bound(schemas);
    let types = types(schemas);
    say_null(schemas, &types);
}

fn operations(document: &mut Value) -> Vec<(&str, &mut Value)> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths
        .flat_map(|(_, methods)| methods.as_object_mut().into_iter().flatten())
        .map(|(method, operation)| (method.as_str(), operation))
        .collect()
}

fn complete_operation(method: &str, operation: &mut Value) {
    let secured = operation["security"]
        .as_array()
        .is_some_and(|schemes| !schemes.is_empty());
    if !secured {
        // Said outright: anyone may call it.
        operation["security"] = json!([]);
    }
    if operation["description"].is_null()
        && let Some(summary) = operation["summary"].as_str()
    {
        operation["description"] = json!(format!("{summary}."));
    }
    let named = operation["parameters"]
        .as_array()
        .is_some_and(|parameters| parameters.iter().any(|p| p["in"] == "path"));
    let body = operation["requestBody"].is_object();
    let applies = |when: When| match when {
        When::Always => true,
        When::Secured => secured,
        When::Naming => secured || named,
        When::Changing => !matches!(method, "get" | "head" | "options"),
        When::Body => body,
    };
    let common = COMMON.iter().filter(|(_, when)| applies(*when));
    let statuses: Vec<String> = common.map(|(status, _)| status.to_string()).collect();
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for (status, response) in responses.iter_mut() {
        if response["content"][PROBLEM_JSON].is_object() {
            *response = reference(status);
            continue;
        }
        if response["description"] == "" {
            response["description"] = json!("Success");
        }
        bounds::bound_headers(response);
        bounds::bound_body(response);
    }
    for status in statuses {
        let shared = reference(&status);
        responses.entry(status).or_insert(shared);
    }
}

/// Operations whose answers announce a limit on tries.
const LIMITED: [&str; 3] = ["register", "login", "refresh"];

/// Documents the headers of a limit on tries.
fn announce_limits(operation: &mut Value) {
    let limited = operation["operationId"]
        .as_str()
        .is_some_and(|id| LIMITED.contains(&id));
    let responses = operation["responses"].as_object_mut().filter(|_| limited);
    for (status, response) in responses.into_iter().flatten() {
        if status.starts_with('2') {
            for (name, description) in [
                ("RateLimit-Limit", "Tries in a row."),
                ("RateLimit-Remaining", "Tries that are left now."),
                ("RateLimit-Reset", "Seconds until the limit is whole again."),
            ] {
                response["headers"][name] = json!({
                    "description": description,
                    "schema": { "type": "integer", "format": "uint32" },
                });
            }
            bounds::bound_headers(response);
        }
    }
}

/// Drops what only repeats a default.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, value| {
                !(name == "deprecated" && *value == json!(false)
                    || name == "explode" && *value == json!(true))
            });
            members.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn reference(status: &str) -> Value {
    json!({ "$ref": format!("{RESPONSES}{}", response_name(status)) })
}

/// `404` becomes `NotFound`.
fn response_name(status: &str) -> String {
    let reason = status
        .parse()
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .and_then(|status| status.canonical_reason())
        .unwrap_or(status);
    reason.split_whitespace().collect()
}

/// One response a status, with the codes it may carry.
fn shared_responses() -> Map<String, Value> {
    let mut statuses: Vec<_> = codes::ALL.iter().map(|code| code.status).collect();
    statuses.dedup();
    let responses = statuses.into_iter().map(|status| {
        let codes = codes::ALL.iter().filter(|code| code.status == status);
        let names: Vec<_> = codes.map(|code| format!("`{}`", code.name)).collect();
        let mut response = json!({
            "description": format!("One of {}.", names.join(", ")),
            "content": {
                PROBLEM_JSON: { "schema": { "$ref": "#/components/schemas/Problem" } }
            }
        });
        if matches!(status.as_u16(), 429 | 503) {
            response["headers"] = json!({
                "Retry-After": {
                    "description": "Seconds until the same request may succeed.",
                    "schema": { "type": "integer", "format": "int32", "minimum": 1, "maximum": 86400 }
                }
            });
        }
        (response_name(status.as_str()), response)
    });
    responses.collect()
}

/// The names of the components of a kind that `value` refers to.
fn references(value: &Value, kind: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let target = members.get("$ref").and_then(Value::as_str);
            let name = target.and_then(|target| target.strip_prefix(kind));
            found.extend(name.map(str::to_owned));
            members
                .values()
                .for_each(|value| references(value, kind, found));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|value| references(value, kind, found)),
        _ => {}
    }
}

/// The type of every schema, by its reference.
fn types(schemas: &Value) -> Map<String, Value> {
    let schemas = schemas.as_object().into_iter().flatten();
    schemas
        .map(|(name, schema)| (format!("{SCHEMAS}{name}"), schema["type"].clone()))
        .collect()
}

/// A reference that may be null: the specification heeds `nullable` only
/// beside a type, and poem-openapi repeats it inside.
fn say_null(value: &mut Value, types: &Map<String, Value>) {
    match value {
        Value::Object(members) => {
            let nullable = members.get("nullable") == Some(&json!(true));
            let referred = members
                .get("allOf")
                .and_then(|parts| parts[0]["$ref"].as_str())
                .filter(|_| nullable && !members.contains_key("type"))
                .map(str::to_owned);
            if let Some(target) = referred {
                let kind = types.get(&target).cloned().unwrap_or_default();
                members.insert("type".to_owned(), kind);
                members.insert("allOf".to_owned(), json!([{ "$ref": target }]));
            }
            members
                .values_mut()
                .for_each(|value| say_null(value, types));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| say_null(value, types)),
        _ => {}
    }
}

/// Says of every object that is read from a request that it takes no other
/// members: unknown ones are refused.
fn close_objects(schemas: &mut Value, mut open: Vec<String>) {
    let mut closed: Vec<String> = Vec::new();
    while let Some(name) = open.pop() {
        if closed.contains(&name) {
            continue;
        }
        if let Some(schema) = schemas.get_mut(&name) {
            if schema["type"] == "object" && schema.get("additionalProperties").is_none() {
                schema["additionalProperties"] = json!(false);
            }
            references(schema, SCHEMAS, &mut open);
        }
        closed.push(name);
    }
}
