//! The OpenAPI document: poem-openapi's document, completed and in a stable
//! order.

mod complete;
mod responses;
mod schemas;
mod yaml;

use poem_openapi::OpenApi;
use serde::Serialize;
use serde_json::Value;

use crate::service::{Assembly, service};

/// Renders the document of `A`, served at the URL `server`, as JSON; the text is
/// equal for equal builds.
pub(crate) fn json<A: OpenApi>(server: &str) -> String {
    let document = document_at::<A>(server);
    let ordered = OrderedDocument {
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

/// Renders the document of `A`, served at the URL `server`, as YAML.
pub(crate) fn yaml<A: OpenApi>(server: &str) -> String {
    yaml::to_yaml(&document_at::<A>(server))
}

fn document_at<A: OpenApi>(server: &str) -> Value {
    let mut document = document::<A>();
    document["servers"][0]["url"] = server.into();
    document
}

/// Returns the completed document of `A`.
pub(crate) fn document<A: OpenApi>() -> Value {
    let spec = service(Assembly::<A>::metadata()).spec();
    // poem-openapi prints valid JSON; the tests would fail on `null`.
    let mut document = serde_json::from_str(&spec).unwrap_or_default();
    complete::complete(&mut document);
    document
}

/// The members of a document in the customary order.
#[derive(Serialize)]
struct OrderedDocument<'a> {
    openapi: &'a Value,
    info: &'a Value,
    servers: &'a Value,
    tags: &'a Value,
    paths: &'a Value,
    components: &'a Value,
}
