//! Raw request bodies with any content type or none.

use poem::{Body, FromRequest, Request, RequestBody, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    payload::{Binary, Payload},
    registry::{MetaMediaType, MetaRequest},
};

/// An unread body. poem-openapi's equivalent requires a content type, which some
/// clients omit.
pub(super) struct RawBody(pub(super) Body);

impl<'a> ApiExtractor<'a> for RawBody {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: Some("The content; `Content-Type` declares its media type."),
            content: vec![MetaMediaType {
                content_type: Binary::<Body>::CONTENT_TYPE,
                schema: Binary::<Body>::schema_ref(),
            }],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        Ok(Self(
            <Body as FromRequest>::from_request(request, body).await?,
        ))
    }
}
