//! The extractor of forms and their schema.

use poem::{Request, RequestBody, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    payload::{ParsePayload, Payload},
    registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry},
    types::Type,
};
use tenantry_domain::file::Bucket;

use super::{FIELD_BYTES, UnreadForm};
use crate::{problem::Problem, types::Choice};

impl Payload for UnreadForm {
    const CONTENT_TYPE: &'static str = "multipart/form-data";

    fn check_content_type(content_type: &str) -> bool {
        content_type
            .trim()
            .to_ascii_lowercase()
            .starts_with(Self::CONTENT_TYPE)
    }

    fn schema_ref() -> MetaSchemaRef {
        let described = |description, schema: MetaSchema| {
            MetaSchemaRef::Inline(Box::new(MetaSchema {
                description: Some(description),
                ..schema
            }))
        };
        let text = |max_length| MetaSchema {
            max_length: Some(max_length),
            ..MetaSchema::new("string")
        };
        let mut form = MetaSchema::new("object");
        form.required = vec!["file"];
        form.properties = vec![
            ("bucket", <Choice<Bucket>>::schema_ref()),
            (
                "bucket_id",
                described(
                    "The id of the user or tenant that owns the bucket; the caller or the caller's tenant by default.",
                    MetaSchema::new_with_format("string", "uuid"),
                ),
            ),
            (
                "path",
                described(
                    "The path in the bucket; the file's name, made unique, by default.",
                    text(1024),
                ),
            ),
            (
                "tags",
                described(
                    "The tags: a JSON object of at most 50 scalar values. Whole numbers have at most 64 bits with the sign; a number that would be rounded is rejected.",
                    text(FIELD_BYTES),
                ),
            ),
            (
                "file",
                described(
                    "The file, as the last field of the form, with its name in `filename` or `filename*` (RFC 8187).",
                    MetaSchema::new_with_format("string", "binary"),
                ),
            ),
        ];
        MetaSchemaRef::Inline(Box::new(form))
    }

    fn register(registry: &mut Registry) {
        <Choice<Bucket>>::register(registry);
    }
}

impl ParsePayload for UnreadForm {
    const IS_REQUIRED: bool = true;

    async fn from_request(request: &Request, body: &mut RequestBody) -> Result<Self> {
        Ok(Self::new(request, body).map_err(Problem::from)?)
    }
}

impl<'a> ApiExtractor<'a> for UnreadForm {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        <Self as Payload>::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: None,
            content: vec![MetaMediaType {
                content_type: Self::CONTENT_TYPE,
                schema: Self::schema_ref(),
            }],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        if !request.content_type().is_some_and(Self::check_content_type) {
            return Err(poem_openapi::error::ContentTypeError::NotSupported {
                content_type: request.content_type().unwrap_or_default().to_owned(),
            }
            .into());
        }
        <Self as ParsePayload>::from_request(request, body).await
    }
}
