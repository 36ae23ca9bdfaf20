//! The operations of the OpenAPI document.

use std::sync::LazyLock;

use serde_json::Value;

/// An operation of the document.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The `operationId`.
    pub id: String,
    /// The method, in upper case.
    pub method: String,
    /// The path template, such as `/api/v1/files/{file_id}`.
    pub path: String,
    /// Whether it needs a caller.
    pub is_secured: bool,
    /// The path, query and header parameters.
    pub parameters: Vec<Parameter>,
    /// The content type of the body, if it has one.
    pub body_type: Option<String>,
    /// The members of the body, if it is an object.
    pub body_fields: Vec<Parameter>,
    /// The documented statuses.
    pub statuses: Vec<u16>,
}

/// A value in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// `path`, `query`, `header` or `body`.
    pub place: String,
    /// The name.
    pub name: String,
    /// Whether it is a UUID.
    pub is_id: bool,
}

/// Returns the operations of a document, in its order.
pub fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods
                .filter(|(_, operation)| operation["operationId"].is_string())
                .map(|(method, operation)| read(document, path, method, operation))
        })
        .collect()
}

fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let body = operation["requestBody"]["content"].as_object();
    let body = body.and_then(|content| content.iter().next());
    Operation {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        is_secured: operation["security"]
            .as_array()
            .is_some_and(|schemes| !schemes.is_empty()),
        parameters: parameters
            .map(|parameter| Parameter {
                place: text(&parameter["in"]),
                name: text(&parameter["name"]),
                is_id: is_id(document, &parameter["schema"]),
            })
            .collect(),
        body_type: body.map(|(kind, _)| kind.clone()),
        body_fields: body
            .map(|(_, content)| fields(document, &content["schema"]))
            .unwrap_or_default(),
        statuses: operation["responses"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(status, _)| status.parse().ok())
            .collect(),
    }
}

fn fields(document: &Value, schema: &Value) -> Vec<Parameter> {
    let properties = resolved(document, schema)["properties"].as_object();
    let properties = properties.into_iter().flatten();
    properties
        .map(|(name, schema)| Parameter {
            place: "body".to_owned(),
            name: name.clone(),
            is_id: is_id(document, schema),
        })
        .collect()
}

fn is_id(document: &Value, schema: &Value) -> bool {
    let schema = resolved(document, schema);
    schema["format"] == "uuid" || schema["items"]["format"] == "uuid"
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema["$ref"].as_str();
    let pointer = target.and_then(|target| target.strip_prefix('#'));
    pointer
        .and_then(|pointer| document.pointer(pointer))
        .unwrap_or(schema)
}

/// Asserts that the document names the status of a response. Unknown routes and
/// methods (405) are not in the document.
pub(super) fn check_status(method: &str, path: &str, status: u16) {
    static KNOWN: LazyLock<Vec<Operation>> = LazyLock::new(|| {
        let document = tenantry_http::openapi_document();
        operations(&serde_json::from_str(&document).expect("a document"))
    });
    let operation = KNOWN
        .iter()
        .filter(|operation| operation.method == method)
        .filter(|operation| fits(&operation.path, path))
        .min_by_key(|operation| operation.path.matches('{').count());
    if let Some(operation) = operation.filter(|_| status != 405) {
        assert!(
            operation.statuses.contains(&status),
            "{method} {path} answered {status}, which {} does not document",
            operation.id
        );
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template
            .zip(path)
            .all(|(known, given)| known == given || known.starts_with('{'))
}
