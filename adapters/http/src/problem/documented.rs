//! Problem statuses specific to an operation.

use poem::http::StatusCode;
use poem_openapi::{
    ApiResponse,
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::Type as _,
};

use super::{
    details::{PROBLEM_JSON, Problem},
    shape::ProblemBody,
};

/// A [`Problem`] of an operation that documents statuses beyond the common
/// ones: `Result<Json<File>, ProblemWith<412, 423>>`. `?` converts everything
/// that converts to a problem.
#[derive(Debug)]
pub struct ProblemWith<const A: u16, const B: u16 = 0, const C: u16 = 0, const D: u16 = 0>(Problem);

impl<E: Into<Problem>, const A: u16, const B: u16, const C: u16, const D: u16> From<E>
    for ProblemWith<A, B, C, D>
{
    fn from(problem: E) -> Self {
        Self(problem.into())
    }
}

impl<const A: u16, const B: u16, const C: u16, const D: u16> From<ProblemWith<A, B, C, D>>
    for poem::Error
{
    fn from(problem: ProblemWith<A, B, C, D>) -> Self {
        problem.0.into()
    }
}

impl<const A: u16, const B: u16, const C: u16, const D: u16> ApiResponse
    for ProblemWith<A, B, C, D>
{
    fn meta() -> MetaResponses {
        let responses = [A, B, C, D]
            .into_iter()
            .filter(|status| *status != 0)
            .map(response)
            .collect();
        MetaResponses { responses }
    }

    fn register(registry: &mut Registry) {
        Problem::register(registry);
    }
}

fn response(status: u16) -> MetaResponse {
    let description = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Problem");
    MetaResponse {
        description,
        status: Some(status),
        status_range: None,
        content: vec![MetaMediaType {
            content_type: PROBLEM_JSON,
            schema: ProblemBody::schema_ref(),
        }],
        headers: Vec::new(),
    }
}
