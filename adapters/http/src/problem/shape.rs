//! What a problem looks like on the wire.

use poem_openapi::Object;
use serde::Serialize;

/// Why a request was not answered as asked (RFC 9457).
#[derive(Debug, Clone, Serialize, Object)]
#[oai(rename = "Problem")]
pub struct ProblemBody {
    /// Where the code is explained, relative to the service.
    #[serde(rename = "type")]
    #[oai(rename = "type", validator(max_length = 128))]
    pub kind: String,
    /// The code in some words.
    #[oai(validator(max_length = 128))]
    pub title: String,
    /// The HTTP status, repeated.
    #[oai(validator(minimum(value = "400"), maximum(value = "599")))]
    pub status: u16,
    /// What happened, for people.
    #[oai(validator(max_length = 4096))]
    pub detail: String,
    /// Stable and `snake_case`, for programs.
    #[oai(validator(max_length = 64, pattern = "^[a-z_]+$"))]
    pub code: String,
    /// What to name when asking for help.
    #[oai(validator(max_length = 128, pattern = "^[A-Za-z0-9._-]*$"))]
    pub request_id: String,
    /// The values that are not valid; absent where it is not about values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[oai(default, skip_serializing_if_is_empty, validator(max_items = 100))]
    pub errors: Vec<FieldProblem>,
}

/// One value that is not valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Object)]
pub struct FieldProblem {
    /// Where it is: `email`, `items.0.path`, a parameter's or header's name.
    #[oai(validator(max_length = 256))]
    pub field: String,
    /// Stable and `snake_case`, for programs.
    #[oai(validator(max_length = 64, pattern = "^[a-z_]+$"))]
    pub code: String,
    /// What is wrong with it, for people.
    #[oai(validator(max_length = 1024))]
    pub message: String,
}

impl FieldProblem {
    /// One value that is not valid.
    pub fn new(
        field: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            code: code.into(),
            message: message.into(),
        }
    }
}
