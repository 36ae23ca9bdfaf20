//! The whole API: its resources and its document.

use std::sync::Arc;

use crate::{
    docs::DocumentPages,
    document,
    options::HttpOptions,
    problem::ProblemPages,
    resources::{self, Operations, Transfers},
    state::State,
    system::System,
};

/// The URL of the server in a document of the whole host.
const ROOT: &str = "/";

/// All routes of the API.
pub(crate) type Resources = (Operations, Transfers, System, ProblemPages, DocumentPages);

/// Creates all resources.
pub(crate) fn resources(options: &HttpOptions, state: &State) -> Resources {
    let server = match options.base_path.as_str() {
        "" => ROOT,
        path => path,
    };
    (
        resources::operations(&state.services),
        Transfers::new(Arc::clone(&state.services)),
        system(options, state),
        ProblemPages::new(&options.base_path),
        DocumentPages::new(
            server,
            document::json::<Resources>,
            document::yaml::<Resources>,
        ),
    )
}

/// Creates the resource that describes the service itself.
pub(crate) fn system(options: &HttpOptions, state: &State) -> System {
    let tokens = Arc::clone(&state.services.access_tokens);
    System::new(options, state.health.clone(), tokens)
}

/// Returns the OpenAPI document as JSON; the text is equal for equal builds.
pub fn openapi_document() -> String {
    document::json::<Resources>(ROOT)
}

/// Returns the OpenAPI document as YAML.
pub fn openapi_document_yaml() -> String {
    document::yaml::<Resources>(ROOT)
}
