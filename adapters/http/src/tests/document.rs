//! Checks of the whole document. They enumerate its operations and schemas, so
//! that a new one without a declaration fails.

use poem_openapi::OpenApi;
use serde_json::Value;

use super::fixtures::Notes;
use crate::{api::Resources, document, openapi_document, problem::ProblemPages};

/// Returns the operations with their names, such as `get /health`.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
        .collect()
}

/// Visits every object with its location.
fn visit<'a>(value: &'a Value, location: &str, visitor: &mut impl FnMut(&str, &'a Value)) {
    match value {
        Value::Object(members) => {
            visitor(location, value);
            for (name, value) in members {
                visit(value, &format!("{location}/{name}"), visitor);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(item, &format!("{location}/{index}"), visitor);
            }
        }
        _ => {}
    }
}

#[test]
fn every_operation_is_in_the_document() {
    let paths = Resources::meta().into_iter().flat_map(|api| api.paths);
    let declared = paths.map(|path| path.operations.len()).sum::<usize>();
    let document = document::document::<Resources>();
    assert_eq!(operations(&document).len(), declared);
}

#[test]
fn every_operation_is_described_and_documents_its_problems() {
    let document = document::document::<Resources>();
    for (name, operation) in operations(&document) {
        for member in ["operationId", "summary", "description", "tags", "security"] {
            assert!(!operation[member].is_null(), "{name} has no {member}");
        }
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(!summary.ends_with('.'), "{name}: {summary}");
        for status in ["400", "429", "500", "503"] {
            assert!(
                operation["responses"][status].is_object(),
                "{name} {status}"
            );
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter_name = &parameter["name"];
            assert!(
                !parameter["description"].is_null(),
                "{name} {parameter_name}"
            );
        }
    }
    let problem = &document["components"]["schemas"]["Problem"];
    assert_eq!(problem["properties"]["code"]["type"], "string");
}

#[test]
fn every_string_list_and_map_is_bounded() {
    let document = document::document::<Resources>();
    let mut unbounded = Vec::new();
    visit(&document, "", &mut |location, value| {
        let has = |member: &str| value.get(member).is_some();
        let is_bounded = match value["type"].as_str() {
            Some("string") => has("maxLength") || has("format") || has("enum"),
            Some("array") => has("maxItems"),
            Some("integer") => has("minimum") && has("maximum"),
            Some("object") => !value["additionalProperties"].is_object() || has("maxProperties"),
            _ => true,
        };
        if !is_bounded {
            unbounded.push(location.to_owned());
        }
    });
    assert!(unbounded.is_empty(), "{unbounded:#?}");
}

#[test]
fn unsafe_operations_without_a_caller_are_rate_limited() {
    let document = document::document::<Resources>();
    let mut limited = 0;
    for (name, operation) in operations(&document) {
        let is_public = operation["security"].as_array().is_some_and(Vec::is_empty);
        if !is_public || name.starts_with("get ") || name.starts_with("head ") {
            continue;
        }
        limited += 1;
        let responses = operation["responses"].as_object().into_iter().flatten();
        for (status, response) in responses.filter(|(status, _)| status.starts_with('2')) {
            let header = &response["headers"]["RateLimit-Limit"];
            assert!(header.is_object(), "{name} {status}");
        }
    }
    assert!(limited > 0);
}

/// The operations with `POST` that take no idempotency key.
const WITHOUT_KEY: &[(&str, &str)] = &[
    ("login", "the response contains secrets"),
    ("refresh", "the response contains secrets"),
    ("logout", "a retry has no session"),
];

#[test]
fn every_post_takes_an_idempotency_key() {
    let document = document::document::<Resources>();
    let mut without = Vec::new();
    for (name, operation) in operations(&document) {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        let has_key = parameters.any(|parameter| parameter["name"] == "Idempotency-Key");
        if name.starts_with("post ") && !has_key {
            without.push(operation["operationId"].as_str().unwrap_or_default());
        }
    }
    without.sort_unstable();
    let mut declared: Vec<_> = WITHOUT_KEY
        .iter()
        .map(|(operation, _)| *operation)
        .collect();
    declared.sort_unstable();
    assert_eq!(without, declared);
}

#[test]
fn groups_become_parameters() {
    let document = document::document::<Resources>();
    let list = &document["paths"]["/api/v1/audit"]["get"]["parameters"];
    let names: Vec<_> = list
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| parameter["name"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(names, ["actor", "action", "from", "to", "limit", "cursor"]);
    assert_eq!(list[4]["schema"]["maximum"], 100.0);
    assert_eq!(list[4]["required"], false);
    let put = &document["paths"]["/api/v1/files/content"]["put"]["parameters"];
    assert_eq!(
        (&put[0]["name"], &put[0]["required"]),
        (&"path".into(), &true.into())
    );
    assert_eq!(put[3]["in"], "header");
}

#[test]
fn the_text_is_stable_and_complete() {
    let text = openapi_document();
    assert_eq!(text, openapi_document());
    let parsed: Value = serde_json::from_str(&text).unwrap_or_default();
    assert_eq!(parsed, document::document::<Resources>());
}

#[test]
fn an_operation_documents_its_statuses() {
    let document = document::document::<(Notes, ProblemPages)>();
    let put = &document["paths"]["/api/v1/notes/{id}"]["put"];
    let statuses: Vec<_> = put["responses"]
        .as_object()
        .expect("responses")
        .keys()
        .collect();
    assert_eq!(
        statuses,
        [
            "200", "400", "404", "409", "412", "413", "415", "423", "429", "500", "503"
        ]
    );
    assert_eq!(
        put["responses"]["423"]["$ref"],
        "#/components/responses/Locked"
    );
    assert_eq!(
        document["components"]["schemas"]["NewNote"]["additionalProperties"],
        false
    );
    let note = &document["components"]["schemas"]["Note"];
    assert_eq!(note["type"], "object");
    assert_eq!(note.get("additionalProperties"), None);
    let unavailable = &document["components"]["responses"]["ServiceUnavailable"];
    assert!(unavailable["headers"]["Retry-After"].is_object());
}
