//! A file in a form (multipart/form-data, RFC 7578), read as it arrives: the
//! small fields first, the file last, never spooled.

use futures_util::{StreamExt, stream};
use multer::{Field, Multipart};
use poem::{Request, RequestBody, Result as PoemResult};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    payload::{ParsePayload, Payload},
    registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry},
    types::Type,
};
use serde_json::Value;
use tenantry_application::{
    Error, Result,
    files::Length,
    ports::{BlobBody, BodyError},
};
use tenantry_domain::{Invalid, media_type::MediaType, tags::Tags};
use uuid::Uuid;

use super::shape::{self, BucketName};
use crate::{
    payload::{blob_body, parse_json},
    problem::Problem,
};

mod steps;
#[cfg(test)]
mod tests;

use steps::{Gate, Steps};

/// The most bytes of a small field.
const FIELD_BYTES: usize = 64 * 1024;
/// The most bytes in front of the file: small fields and what divides them.
const LEADING_BYTES: u64 = 256 * 1024;
/// The most small fields.
const FIELDS: usize = 16;
/// What closes a form behind the boundary: the line before it, and its dashes.
const CLOSING: u64 = "\r\n--".len() as u64 + "--\r\n".len() as u64;

/// A form with a file.
pub(super) struct FileForm {
    pub(super) bucket: BucketName,
    pub(super) bucket_id: Option<Uuid>,
    pub(super) path: Option<String>,
    pub(super) tags: Option<Tags>,
    pub(super) client_name: String,
    pub(super) declared_type: MediaType,
    pub(super) length: Length,
    pub(super) body: BlobBody,
}

impl FileForm {
    /// Reads a form up to the beginning of its file.
    async fn read(request: &Request, body: &mut RequestBody) -> Result<Self> {
        let content_type = request.content_type().unwrap_or_default();
        let boundary = multer::parse_boundary(content_type)
            .map_err(|_| malformed("the form has no boundary"))?;
        let closing = CLOSING + boundary.len() as u64;
        let total = request
            .header("content-length")
            .and_then(|length| length.parse::<u64>().ok());
        let body = body.take().map_err(|_| malformed("the form has no body"))?;
        let (steps, gate) = Steps::new(blob_body(body), LEADING_BYTES);
        let mut form = Multipart::new(steps, boundary);
        let mut fields = Fields::default();
        let mut count = 0;
        while let Some(field) = gate
            .drive(form.next_field())
            .await
            .map_err(|e| broken(&e))?
        {
            if field.name() == Some("file") {
                let rest = total.map(|total| total.saturating_sub(gate.passed() + closing));
                gate.open();
                return Ok(fields.with_file(form, field, rest));
            }
            count += 1;
            if count > FIELDS {
                return Err(malformed("the form has too many fields"));
            }
            fields.take(&gate, field).await?;
        }
        let missing = Invalid::new("required", "must be given, as the last field of the form");
        Err(Error::field("file", missing))
    }
}

/// The small fields.
#[derive(Default)]
struct Fields {
    bucket: Option<BucketName>,
    bucket_id: Option<Uuid>,
    path: Option<String>,
    tags: Option<Tags>,
}

impl Fields {
    async fn take(&mut self, gate: &Gate, field: Field<'static>) -> Result<()> {
        let name = field.name().unwrap_or_default().to_owned();
        let value = text(gate, field).await?;
        match name.as_str() {
            "bucket" => self.bucket = Some(parse_bucket(&value)?),
            "bucket_id" => {
                let id = value.parse().map_err(|_| Invalid::format("must be a UUID"));
                self.bucket_id = Some(id.map_err(|e| Error::field("bucket_id", e))?);
            }
            "path" => self.path = Some(value),
            "tags" => {
                let tags = parse_tags(&value).map_err(|e| Error::field("tags", e))?;
                self.tags = Some(tags);
            }
            _ => {
                let unknown = Invalid::new("unknown_field", "is not a field of this form");
                return Err(Error::field(name, unknown));
            }
        }
        Ok(())
    }

    fn with_file(
        self,
        form: Multipart<'static>,
        file: Field<'static>,
        rest: Option<u64>,
    ) -> FileForm {
        let declared = file
            .content_type()
            .map(AsRef::as_ref)
            .and_then(|t: &str| MediaType::parse(t).ok());
        FileForm {
            bucket: self.bucket.unwrap_or_default(),
            bucket_id: self.bucket_id,
            path: self.path,
            tags: self.tags,
            client_name: file.file_name().unwrap_or_default().to_owned(),
            declared_type: declared.unwrap_or_else(MediaType::octet_stream),
            length: rest.map_or(Length::Unknown, Length::About),
            body: file_body(form, file),
        }
    }
}

async fn text(gate: &Gate, mut field: Field<'static>) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = gate.drive(field.chunk()).await.map_err(|e| broken(&e))? {
        if bytes.len() + chunk.len() > FIELD_BYTES {
            return Err(malformed("a field of the form is too large"));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| malformed("a field of the form is not UTF-8"))
}

fn parse_tags(value: &str) -> Result<Tags, Invalid> {
    match parse_json(value.as_bytes()) {
        Ok(Value::Object(members)) => shape::tags(members.into_iter().collect()),
        _ => Err(Invalid::format(
            "must be a JSON object that names no key twice",
        )),
    }
}

fn parse_bucket(value: &str) -> Result<BucketName> {
    tenantry_domain::file::Bucket::parse(value)
        .map(BucketName::from)
        .map_err(|e| Error::field("bucket", e))
}

/// The file's bytes, and behind them the end of the form: a form that is cut,
/// or goes on behind its file, is refused as a whole.
fn file_body(form: Multipart<'static>, file: Field<'static>) -> BlobBody {
    stream::try_unfold((form, Some(file)), |(mut form, file)| async move {
        let Some(mut file) = file else {
            return Ok(None);
        };
        if let Some(chunk) = file.chunk().await.map_err(|e| body_error(&e))? {
            return Ok(Some((chunk, (form, Some(file)))));
        }
        drop(file);
        match form.next_field().await.map_err(|e| body_error(&e))? {
            None => Ok(None),
            Some(_) => Err(BodyError::Malformed(
                "the file must be the last field".to_owned(),
            )),
        }
    })
    .boxed()
}

fn malformed(reason: &str) -> Error {
    Error::Malformed(reason.to_owned())
}

fn broken(error: &multer::Error) -> Error {
    Error::Malformed(body_error(error).to_string())
}

fn body_error(error: &multer::Error) -> BodyError {
    match error {
        multer::Error::StreamReadFailed(source) => match source.downcast_ref::<BodyError>() {
            Some(error) => error.clone(),
            None => BodyError::Cut,
        },
        multer::Error::IncompleteFieldData { .. }
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteStream => BodyError::Cut,
        other => BodyError::Malformed(other.to_string()),
    }
}

impl Payload for FileForm {
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
            ("bucket", <BucketName as Type>::schema_ref()),
            (
                "bucket_id",
                described(
                    "Whose space; one's own or the tenant's where absent.",
                    MetaSchema::new_with_format("string", "uuid"),
                ),
            ),
            (
                "path",
                described(
                    "Where in the space; the file's name, made unique, where absent.",
                    text(1024),
                ),
            ),
            (
                "tags",
                described("A JSON object of at most 50 scalars.", text(FIELD_BYTES)),
            ),
            (
                "file",
                described(
                    "The file; the last field of the form.",
                    MetaSchema::new_with_format("string", "binary"),
                ),
            ),
        ];
        MetaSchemaRef::Inline(Box::new(form))
    }

    fn register(registry: &mut Registry) {
        BucketName::register(registry);
    }
}

impl ParsePayload for FileForm {
    const IS_REQUIRED: bool = true;

    async fn from_request(request: &Request, body: &mut RequestBody) -> PoemResult<Self> {
        Ok(Self::read(request, body).await.map_err(Problem::from)?)
    }
}

impl<'a> ApiExtractor<'a> for FileForm {
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
    ) -> PoemResult<Self> {
        if !request.content_type().is_some_and(Self::check_content_type) {
            return Err(poem_openapi::error::ContentTypeError::NotSupported {
                content_type: request.content_type().unwrap_or_default().to_owned(),
            }
            .into());
        }
        <Self as ParsePayload>::from_request(request, body).await
    }
}
