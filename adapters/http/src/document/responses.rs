//! The problem responses of operations.

use poem::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::problem::{PROBLEM_JSON, codes};

/// The prefix of references to responses.
pub(super) const RESPONSES: &str = "#/components/responses/";

/// The condition under which an operation documents a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Always,
    /// It requires a caller.
    Secured,
    /// It identifies a resource, by its path or within the caller's tenant.
    Identifying,
    /// It has an unsafe method.
    Unsafe,
    /// It has a request body.
    Body,
}

const COMMON: &[(u16, Condition)] = &[
    (400, Condition::Always),
    (401, Condition::Secured),
    (403, Condition::Secured),
    (404, Condition::Identifying),
    (409, Condition::Unsafe),
    (413, Condition::Body),
    (415, Condition::Body),
    (429, Condition::Always),
    (500, Condition::Always),
    (503, Condition::Always),
];

/// Adds the common problems to an operation, and makes all problems refer to the
/// shared responses.
pub(super) fn complete(method: &str, operation: &mut Value, is_secured: bool) {
    let has_path_parameter = operation["parameters"]
        .as_array()
        .is_some_and(|parameters| parameters.iter().any(|p| p["in"] == "path"));
    let has_body = operation["requestBody"].is_object();
    let applies = |condition: Condition| match condition {
        Condition::Always => true,
        Condition::Secured => is_secured,
        Condition::Identifying => is_secured || has_path_parameter,
        Condition::Unsafe => !matches!(method, "get" | "head" | "options"),
        Condition::Body => has_body,
    };
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for (status, response) in responses.iter_mut() {
        if response["content"][PROBLEM_JSON].is_object() {
            *response = reference(status);
        } else if response["description"] == "" {
            response["description"] = json!("Success");
        }
    }
    for (status, _) in COMMON.iter().filter(|(_, condition)| applies(*condition)) {
        let status = status.to_string();
        let shared = reference(&status);
        responses.entry(status).or_insert(shared);
    }
}

fn reference(status: &str) -> Value {
    json!({ "$ref": format!("{RESPONSES}{}", name(status)) })
}

/// Converts a status to the name of its shared response: `404` to `NotFound`.
fn name(status: &str) -> String {
    let reason = status
        .parse()
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .and_then(|status| status.canonical_reason())
        .unwrap_or(status);
    reason.split_whitespace().collect()
}

/// Returns one shared response per status, which lists its codes.
pub(super) fn shared() -> Map<String, Value> {
    let mut statuses: Vec<_> = codes::ALL.iter().map(|code| code.status).collect();
    statuses.dedup();
    let responses = statuses.into_iter().map(|status| {
        let codes = codes::ALL.iter().filter(|code| code.status == status);
        let names: Vec<_> = codes.map(|code| format!("`{}`", code.name)).collect();
        let mut response = json!({
            "description": format!("A problem with one of these codes: {}.", names.join(", ")),
            "content": {
                PROBLEM_JSON: { "schema": { "$ref": "#/components/schemas/Problem" } }
            }
        });
        if matches!(status.as_u16(), 429 | 503) {
            response["headers"] = json!({
                "Retry-After": {
                    "description": "The number of seconds after which to retry.",
                    "schema": { "type": "integer", "format": "int32", "minimum": 1, "maximum": 86400 }
                }
            });
        }
        (name(status.as_str()), response)
    });
    responses.collect()
}
