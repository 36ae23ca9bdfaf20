//! Completion of poem-openapi's document: the problems that follow from an
//! operation's inputs, and the details that linters require.

use poem_openapi::{registry::Registry, types::Type};
use serde_json::{Value, json};

use super::{
    responses::{self, RESPONSES},
    schemas::{self, SCHEMAS, references},
};
use crate::problem::ProblemBody;

/// The version of the OpenAPI specification that the document follows.
const OPENAPI: &str = "3.0.3";

/// Completes the document in place.
pub(super) fn complete(document: &mut Value) {
    document["openapi"] = json!(OPENAPI);
    for server in document["servers"].as_array_mut().into_iter().flatten() {
        server["x-internal"] = json!(false);
    }
    let mut request_schemas = Vec::new();
    for (method, operation) in operations(document) {
        let is_secured = operation["security"]
            .as_array()
            .is_some_and(|schemes| !schemes.is_empty());
        if !is_secured {
            // Linters require an explicit statement that no caller is needed.
            operation["security"] = json!([]);
        }
        responses::complete(method, operation, is_secured);
        remove_defaults(operation);
        references(&operation["requestBody"], SCHEMAS, &mut request_schemas);
    }
    let mut registry = Registry::new();
    ProblemBody::register(&mut registry);
    for (name, schema) in &registry.schemas {
        document["components"]["schemas"][name] = json!(schema);
    }
    let mut used = Vec::new();
    references(&document["paths"], RESPONSES, &mut used);
    let mut shared = responses::shared();
    shared.retain(|name, _| used.contains(name));
    document["components"]["responses"] = Value::Object(shared);
    schemas::complete(document, request_schemas);
}

fn operations(document: &mut Value) -> Vec<(&str, &mut Value)> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths
        .flat_map(|(_, methods)| methods.as_object_mut().into_iter().flatten())
        .map(|(method, operation)| (method.as_str(), operation))
        .collect()
}

/// Removes members that state a default value.
fn remove_defaults(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, value| {
                !(name == "deprecated" && *value == json!(false)
                    || name == "explode" && *value == json!(true))
            });
            members.values_mut().for_each(remove_defaults);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_defaults),
        _ => {}
    }
}
