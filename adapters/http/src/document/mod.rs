//! The OpenAPI document: poem-openapi's, completed and put in a stable order.

mod bounds;
mod complete;
mod yaml;

use poem_openapi::OpenApi;
use serde::Serialize;
use serde_json::Value;

use crate::api::{self, Assembled, Resources};

/// The document of the whole API as JSON, the same text for the same program.
/// It needs no store: `tenantry openapi` prints it.
pub fn openapi_document() -> String {
    render_json(&document::<Resources>())
}

/// The same as YAML.
pub fn openapi_document_yaml() -> String {
    yaml::to_yaml(&document::<Resources>())
}

/// The completed document of `A`.
pub(crate) fn document<A: OpenApi>() -> Value {
    let spec = api::service(Assembled::<A>::described()).spec();
    // What poem-openapi prints is JSON; were it not, tests would show nothing
    // but `null`.
    let mut document = serde_json::from_str(&spec).unwrap_or_default();
    complete::complete(&mut document);
    document
}

/// The parts of a document in the order people read them.
#[derive(Serialize)]
struct Ordered<'a> {
    openapi: &'a Value,
    info: &'a Value,
    servers: &'a Value,
    tags: &'a Value,
    paths: &'a Value,
    components: &'a Value,
}

fn render_json(document: &Value) -> String {
    let ordered = Ordered {
        openapi: &document["openapi"],
        info: &document["info"],
        servers: &document["servers"],
        tags: &document["tags"],
        paths: &document["paths"],
        components: &document["components"],
    };
    let mut text = serde_json::to_string_pretty(&ordered).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operations(document: &Value) -> Vec<(String, Value)> {
        let paths = document["paths"].as_object().cloned().unwrap_or_default();
        paths
            .into_iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().cloned().unwrap_or_default();
                methods
                    .into_iter()
                    .map(move |(method, operation)| (format!("{method} {path}"), operation))
            })
            .collect()
    }

    #[test]
    fn every_operation_is_described_and_documents_its_problems() {
        let document = document::<Resources>();
        let operations = operations(&document);
        assert!(!operations.is_empty());
        for (name, operation) in operations {
            for member in ["operationId", "summary", "description", "tags", "security"] {
                assert!(!operation[member].is_null(), "{name} has no {member}");
            }
            for status in ["400", "429", "500", "503"] {
                assert!(
                    operation["responses"][status].is_object(),
                    "{name} {status}"
                );
            }
        }
        let problem = &document["components"]["schemas"]["Problem"];
        assert_eq!(problem["properties"]["code"]["type"], "string");
    }

    #[test]
    fn every_text_and_list_of_a_schema_is_bounded() {
        let document = document::<Resources>();
        let mut unbounded = Vec::new();
        walk(&document["components"]["schemas"], "", &mut unbounded);
        assert!(unbounded.is_empty(), "{unbounded:#?}");
    }

    fn walk(value: &Value, path: &str, unbounded: &mut Vec<String>) {
        let open = match value["type"].as_str() {
            Some("string") => {
                value["maxLength"].is_null() && value["format"].is_null() && value["enum"].is_null()
            }
            Some("array") => value["maxItems"].is_null(),
            _ => false,
        };
        if open {
            unbounded.push(path.to_owned());
        }
        match value {
            Value::Object(members) => members
                .iter()
                .for_each(|(name, value)| walk(value, &format!("{path}/{name}"), unbounded)),
            Value::Array(items) => items.iter().for_each(|item| walk(item, path, unbounded)),
            _ => {}
        }
    }

    #[test]
    fn the_text_is_stable_and_whole() {
        let text = openapi_document();
        assert_eq!(text, openapi_document());
        let read: Value = serde_json::from_str(&text).unwrap_or_default();
        assert_eq!(read, document::<Resources>());
    }
}
