//! Request and response bodies.

mod body;
mod json;
mod numbers;
mod schema;
mod strict;

pub use body::{blob_body, body_error, body_of};
pub use json::Json;

pub(crate) use numbers::rounded;
pub(crate) use strict::parse as parse_json;
