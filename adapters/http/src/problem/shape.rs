//! The JSON representation of a problem.

use poem_openapi::Object;
use serde::Serialize;

/// The problem details of a failed request (RFC 9457).
#[derive(Debug, Clone, Serialize, Object)]
#[oai(rename = "Problem")]
pub struct ProblemBody {
    /// A link to the explanation of the code, relative to the service.
    #[serde(rename = "type")]
    #[oai(rename = "type", validator(max_length = 128))]
    pub kind: String,
    /// A short, human-readable summary of the code.
    #[oai(validator(max_length = 128))]
    pub title: String,
    /// The HTTP status of the response.
    #[oai(validator(minimum(value = "400"), maximum(value = "599")))]
    pub status: u16,
    /// A human-readable explanation of this occurrence.
    #[oai(validator(max_length = 4096))]
    pub detail: String,
    /// The stable, machine-readable code in `snake_case`.
    #[oai(validator(max_length = 64, pattern = "^[a-z_]+$"))]
    pub code: String,
    /// The id of the request, for support and logs.
    #[oai(validator(max_length = 128, pattern = "^[A-Za-z0-9._-]*$"))]
    pub request_id: String,
    /// The invalid values; absent if the problem is not about values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[oai(default, skip_serializing_if_is_empty, validator(max_items = 100))]
    pub errors: Vec<FieldProblem>,
}

/// An invalid value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Object)]
pub struct FieldProblem {
    /// The path of the value: `email`, `items.0.path`, or the name of a
    /// parameter or header.
    #[oai(validator(max_length = 256))]
    pub field: String,
    /// The stable, machine-readable code in `snake_case`.
    #[oai(validator(max_length = 64, pattern = "^[a-z_]+$"))]
    pub code: String,
    /// A human-readable explanation.
    #[oai(validator(max_length = 1024))]
    pub message: String,
}

impl FieldProblem {
    /// Creates an error of one field.
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
