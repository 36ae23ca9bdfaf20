//! Files in forms (`multipart/form-data`, RFC 7578), parsed as they arrive: first
//! the small fields, then the file, which is streamed.

use futures_util::{StreamExt, stream};
use multer::{Field, Multipart};
use poem::{Body, Request, RequestBody};
use poem_openapi::types::ParseFromJSON;
use tenantry_application::{
    Error, Result,
    files::Length,
    ports::{BlobBody, BodyError},
};
use tenantry_domain::{Invalid, file::Bucket, media_type::MediaType, tags::Tags};
use uuid::Uuid;

use super::tags::{self, TagsBody};
use crate::payload::{blob_body, parse_json, rounded};

mod encoded;
mod names;
mod payload;
mod steps;
#[cfg(test)]
mod tests;

use names::Names;
use steps::{Gate, HEADER_BYTES, Steps};

/// The maximum size of a small field, in bytes.
const FIELD_BYTES: usize = 64 * 1024;
/// The maximum size of the headers of all fields, in bytes.
const ALL_HEADER_BYTES: u64 = 64 * 1024;
/// The maximum number of small fields.
const FIELDS: usize = 16;
/// The size of the closing delimiter without its boundary.
const CLOSING_BYTES: u64 = "\r\n--".len() as u64 + "--\r\n".len() as u64;

/// A form with a file as its last field.
pub(super) struct FileForm {
    pub(super) bucket: Bucket,
    pub(super) bucket_id: Option<Uuid>,
    pub(super) path: Option<String>,
    pub(super) tags: Option<Tags>,
    pub(super) client_name: String,
    pub(super) declared_type: MediaType,
    pub(super) length: Length,
    pub(super) body: BlobBody,
}

/// A form whose body is not read yet.
pub(super) struct UnreadForm {
    boundary: String,
    /// The `Content-Length`.
    total: Option<u64>,
    body: Body,
}

impl UnreadForm {
    fn new(request: &Request, body: &mut RequestBody) -> Result<Self> {
        let content_type = request.content_type().unwrap_or_default();
        let boundary = multer::parse_boundary(content_type)
            .map_err(|_| malformed("the form has no boundary in its Content-Type"))?;
        let total = request
            .header("content-length")
            .and_then(|length| length.parse::<u64>().ok());
        let body = body.take().map_err(|_| malformed("the form has no body"))?;
        Ok(Self {
            boundary,
            total,
            body,
        })
    }

    /// Reads the form up to the start of its file.
    pub(super) async fn read(self) -> Result<FileForm> {
        let Self {
            boundary,
            total,
            body,
        } = self;
        let closing = CLOSING_BYTES + boundary.len() as u64;
        let (steps, gate) = Steps::new(blob_body(body), &boundary);
        let mut form = Multipart::new(steps, boundary);
        let mut fields = Fields::default();
        let mut count = 0;
        let mut headers = 0;
        while let Some(field) = gate
            .drive_headers(form.next_field())
            .await
            .map_err(|e| parse_error(&e))?
        {
            let size = header_bytes(&field);
            headers += size;
            if size > HEADER_BYTES || headers > ALL_HEADER_BYTES {
                return Err(malformed("the headers of the form are too large"));
            }
            let names = Names::of(&field);
            if names.field == "file" {
                let file_size = total.map(|total| total.saturating_sub(gate.passed() + closing));
                gate.open();
                return Ok(fields.with_file(form, field, names.file, file_size));
            }
            count += 1;
            if count > FIELDS {
                return Err(malformed("the form has too many fields"));
            }
            fields.add(&gate, names.field, field).await?;
        }
        let missing = Invalid::new("required", "must be the last field of the form");
        Err(Error::field("file", missing))
    }
}

/// The small fields of a form.
#[derive(Default)]
struct Fields {
    bucket: Option<Bucket>,
    bucket_id: Option<Uuid>,
    path: Option<String>,
    tags: Option<Tags>,
}

impl Fields {
    async fn add(&mut self, gate: &Gate, name: String, field: Field<'static>) -> Result<()> {
        let value = text(gate, field).await?;
        match name.as_str() {
            "bucket" => {
                let bucket = Bucket::parse(&value);
                self.bucket = Some(bucket.map_err(|e| Error::field("bucket", e))?);
            }
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
        client_name: String,
        file_size: Option<u64>,
    ) -> FileForm {
        let declared = MediaType::declared(file.content_type().map(AsRef::as_ref));
        FileForm {
            bucket: self.bucket.unwrap_or_default(),
            bucket_id: self.bucket_id,
            path: self.path,
            tags: self.tags,
            client_name,
            declared_type: declared,
            length: file_size.map_or(Length::Unknown, Length::About),
            body: file_body(form, file),
        }
    }
}

/// Returns the size of a field's headers with their separators.
fn header_bytes(field: &Field<'static>) -> u64 {
    let headers = field.headers().iter();
    let sizes = headers.map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    sizes.sum::<usize>() as u64
}

async fn text(gate: &Gate, mut field: Field<'static>) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = gate
        .drive(field.chunk())
        .await
        .map_err(|e| parse_error(&e))?
    {
        if bytes.len() + chunk.len() > FIELD_BYTES {
            return Err(malformed("a field of the form is too large"));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| malformed("a field of the form is not valid UTF-8"))
}

fn parse_tags(value: &str) -> Result<Tags, Invalid> {
    let invalid = || Invalid::format("must be a JSON object without duplicate keys");
    let parsed = parse_json(value.as_bytes()).map_err(|_| invalid())?;
    let body = TagsBody::parse_from_json(Some(parsed.value)).map_err(|_| invalid())?;
    if !parsed.rounded.is_empty() {
        return Err(rounded());
    }
    tags::parse(body)
}

/// Streams the file and verifies the end of the form: a form that is truncated,
/// or continues after its file, is rejected.
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
                "the file must be the last field of the form; send other fields before it"
                    .to_owned(),
            )),
        }
    })
    .boxed()
}

fn malformed(reason: &str) -> Error {
    Error::Malformed(reason.to_owned())
}

fn parse_error(error: &multer::Error) -> Error {
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
