//! JSON request and response bodies.

use std::ops::Deref;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use poem::{IntoResponse, Request, RequestBody, Response, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions,
    payload::Payload,
    registry::{MetaMediaType, MetaRequest, MetaResponse, MetaResponses, MetaSchemaRef, Registry},
    types::{ParseFromJSON, ToJSON, Type},
};

use super::{schema, strict};
use crate::{
    admission::{ReservedBytes, Ticket, busy},
    middleware::Context,
    problem::{Problem, codes},
};

const JSON: &str = "application/json";

/// The maximum size of a body in bytes, without a configured limit.
const DEFAULT_LIMIT: usize = 256 * 1024;

/// A JSON body. Unlike poem-openapi's, it is size-limited while it streams in,
/// parsed strictly and validated against its schema, reporting every invalid
/// field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Type> Payload for Json<T> {
    const CONTENT_TYPE: &'static str = JSON;

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: ToJSON> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.0.to_json()).unwrap_or_default();
        Response::builder().content_type(JSON).body(body)
    }
}

impl<T: ToJSON> ApiResponse for Json<T> {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "Success",
                status: Some(200),
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: JSON,
                    schema: T::schema_ref(),
                }],
                headers: Vec::new(),
            }],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<'a, T: ParseFromJSON + 'static> ApiExtractor<'a> for Json<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: None,
            content: vec![MetaMediaType {
                content_type: JSON,
                schema: T::schema_ref(),
            }],
            required: T::IS_REQUIRED,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let optional = !T::IS_REQUIRED;
        if !optional || request.content_type().is_some() {
            check_type(request)?;
        }
        let context = Context::of(request);
        let limit = context.map_or(DEFAULT_LIMIT, Context::json_limit);
        let mut reserved = context.and_then(Context::ticket).map(Ticket::buffer);
        let bytes = collect(body.take()?, limit, reserved.as_mut()).await?;
        if optional && bytes.is_empty() {
            return Ok(Self(read(b"null")?));
        }
        check_type(request)?;
        Ok(Self(read(&bytes)?))
    }
}

fn check_type(request: &Request) -> Result<(), Problem> {
    let rejection = |detail| Err(Problem::new(&codes::UNSUPPORTED_MEDIA_TYPE).detail(detail));
    let Some(kind) = request.content_type() else {
        return rejection("The request has no Content-Type; send application/json.");
    };
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(JSON) {
        Ok(())
    } else {
        rejection("The Content-Type is not supported; send application/json.")
    }
}

/// Collects a body of at most `limit` bytes within the budget of buffered
/// bodies.
async fn collect(
    body: poem::Body,
    limit: usize,
    mut reserved: Option<&mut ReservedBytes>,
) -> Result<Bytes, Problem> {
    let mut stream = std::pin::pin!(body.into_bytes_stream());
    let mut whole = BytesMut::new();
    loop {
        let piece = stream.try_next().await.map_err(|error| {
            Problem::new(&codes::MALFORMED_REQUEST)
                .detail("The body ended early or stalled.")
                .caused_by(error)
        })?;
        let Some(piece) = piece else {
            return Ok(whole.freeze());
        };
        if whole.len().saturating_add(piece.len()) > limit {
            return Err(Problem::request_too_large(limit));
        }
        if let Some(reserved) = &mut reserved {
            reserved.add(piece.len()).map_err(|_| busy())?;
        }
        whole.extend_from_slice(&piece);
    }
}

fn read<T: ParseFromJSON + 'static>(bytes: &[u8]) -> Result<T, Problem> {
    let parsed = strict::parse(bytes).map_err(|error| {
        Problem::new(&codes::MALFORMED_REQUEST)
            .detail(format!("The body is not valid JSON: {error}."))
    })?;
    schema::parse(parsed).map_err(Problem::fields)
}
