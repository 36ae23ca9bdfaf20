//! The bytes of files: raw uploads and downloads.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use poem::Body;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Header, Path, Query},
    payload::{Binary, Response},
};
use tenantry_application::{
    Caller, Services,
    files::{self, Download, Length, Target, Upload, Wanted},
};
use tenantry_domain::{id::FileId, media_type::MediaType};
use uuid::Uuid;

use super::{
    documents::{UploadedBody, parse_path},
    raw::RawBody,
    shape::BucketName,
};
use crate::{
    caller::SignedIn,
    payload::{Json, blob_body, body_of},
    problem::{Problem, ProblemWith},
    resources::{
        conditions::{
            ReadCondition, content_condition, content_tag, range_applies, read_condition,
        },
        range::{self, Asked},
    },
    tag::Tag,
};

/// The operations on the bytes of files.
pub(crate) struct ContentApi {
    services: Arc<Services>,
}

impl ContentApi {
    /// The operations, on these services.
    pub(crate) fn new(services: Arc<Services>) -> Self {
        Self { services }
    }
}

#[derive(ApiResponse)]
enum PutResponse {
    /// A new version of the file that was there.
    #[oai(status = 200)]
    Updated(
        Json<UploadedBody>,
        /// The content's entity tag, once it is served.
        #[oai(header = "ETag")]
        String,
        /// Where the file is.
        #[oai(header = "Location")]
        String,
    ),
    /// A new file.
    #[oai(status = 201)]
    Created(
        Json<UploadedBody>,
        /// The content's entity tag, once it is served.
        #[oai(header = "ETag")]
        String,
        /// Where the file is.
        #[oai(header = "Location")]
        String,
    ),
}

#[derive(ApiResponse)]
enum ContentResponse {
    /// The whole content.
    #[oai(status = 200)]
    Whole(Binary<Body>),
    /// The range of it that was asked for.
    #[oai(status = 206)]
    Part(
        Binary<Body>,
        /// Which bytes of how many.
        #[oai(header = "Content-Range")]
        String,
    ),
    /// The client has it already.
    #[oai(status = 304)]
    NotModified,
}

/// The conditions and the range of a read.
struct Asking {
    range: Option<String>,
    if_match: Option<String>,
    if_none_match: Option<String>,
    if_range: Option<String>,
}

type ReadProblem = ProblemWith<409, 412, 416>;

#[OpenApi(prefix_path = "/api/v1/files", tag = "Tag::Files")]
impl ContentApi {
    /// Upload content
    ///
    /// Stores the body at a path: a new version where a file is there, else a
    /// new file. `Content-Type` declares its type. Needs `files:write`.
    #[oai(path = "/content", method = "put", operation_id = "put_content")]
    #[expect(clippy::too_many_arguments, reason = "one argument for each parameter")]
    async fn put_content(
        &self,
        caller: SignedIn,
        /// Where in the space.
        #[oai(validator(max_length = 1024))]
        path: Query<String>,
        /// The kind of space; `companies` where absent.
        bucket: Query<Option<BucketName>>,
        /// Whose space; one's own or the tenant's where absent.
        bucket_id: Query<Option<Uuid>>,
        /// Only if the content there is this one, or with `*` any.
        #[oai(name = "If-Match", validator(max_length = 1024))]
        if_match: Header<Option<String>>,
        /// With `*`: only if there is no file yet.
        #[oai(name = "If-None-Match", validator(max_length = 1024))]
        if_none_match: Header<Option<String>>,
        request: &poem::Request,
        body: RawBody,
    ) -> Result<PutResponse, ProblemWith<412, 413, 415>> {
        let condition = content_condition(if_match.as_deref(), if_none_match.as_deref())?;
        let length = request
            .header("content-length")
            .and_then(|length| length.parse().ok());
        let declared = request
            .content_type()
            .and_then(|text| MediaType::parse(text).ok());
        let upload = Upload {
            bucket: bucket.0.unwrap_or_default().into(),
            bucket_id: bucket_id.0,
            target: Target::At(parse_path(&path)?, condition),
            tags: None,
            declared_type: declared.unwrap_or_else(MediaType::octet_stream),
            length: length.map_or(Length::Unknown, Length::Exact),
            body: blob_body(body.0),
            key: None,
        };
        let uploaded = files::upload(&self.services, &caller.caller()?, upload).await?;
        let tag = content_tag(uploaded.digest);
        let location = format!("/api/v1/files/{}", uploaded.file_id);
        let body = Json((&uploaded).into());
        Ok(if uploaded.created {
            PutResponse::Created(body, tag, location)
        } else {
            PutResponse::Updated(body, tag, location)
        })
    }

    /// Download content at a path
    ///
    /// What is served of the file: its newest ready version. Needs `files:read`.
    #[oai(
        path = "/content",
        method = "get",
        operation_id = "get_content_by_path"
    )]
    #[expect(clippy::too_many_arguments, reason = "one argument for each parameter")]
    async fn get_by_path(
        &self,
        caller: SignedIn,
        /// Where in the space.
        #[oai(validator(max_length = 1024))]
        path: Query<String>,
        /// The kind of space; `companies` where absent.
        bucket: Query<Option<BucketName>>,
        /// Whose space; one's own or the tenant's where absent.
        bucket_id: Query<Option<Uuid>>,
        /// One range of bytes, like `bytes=0-1023`.
        #[oai(name = "Range", validator(max_length = 1024))]
        range: Header<Option<String>>,
        /// Only if the content is this one.
        #[oai(name = "If-Match", validator(max_length = 1024))]
        if_match: Header<Option<String>>,
        /// Only if the content is another one.
        #[oai(name = "If-None-Match", validator(max_length = 1024))]
        if_none_match: Header<Option<String>>,
        /// The range only if the content is this one, else the whole.
        #[oai(name = "If-Range", validator(max_length = 1024))]
        if_range: Header<Option<String>>,
    ) -> Result<Response<ContentResponse>, ReadProblem> {
        let wanted = by_path(&path, bucket.0, bucket_id.0)?;
        let asking = asking(range, if_match, if_none_match, if_range);
        Ok(self.serve(&caller.caller()?, wanted, asking).await?)
    }

    /// Describe content at a path
    ///
    /// The headers of the download, without the bytes.
    #[oai(
        path = "/content",
        method = "head",
        operation_id = "head_content_by_path"
    )]
    async fn head_by_path(
        &self,
        caller: SignedIn,
        /// Where in the space.
        #[oai(validator(max_length = 1024))]
        path: Query<String>,
        /// The kind of space; `companies` where absent.
        bucket: Query<Option<BucketName>>,
        /// Whose space; one's own or the tenant's where absent.
        bucket_id: Query<Option<Uuid>>,
        /// Only if the content is this one.
        #[oai(name = "If-Match", validator(max_length = 1024))]
        if_match: Header<Option<String>>,
        /// Only if the content is another one.
        #[oai(name = "If-None-Match", validator(max_length = 1024))]
        if_none_match: Header<Option<String>>,
    ) -> Result<Response<ContentResponse>, ReadProblem> {
        let wanted = by_path(&path, bucket.0, bucket_id.0)?;
        let asking = asking(Header(None), if_match, if_none_match, Header(None));
        Ok(self.describe(&caller.caller()?, wanted, &asking).await?)
    }

    /// Download content
    ///
    /// Of a file by its id: what is served of it, or one version. Answered
    /// 409 `state_conflict` unless the version is ready. Needs `files:read`.
    #[oai(
        path = "/:file_id/content",
        method = "get",
        operation_id = "get_content"
    )]
    #[expect(clippy::too_many_arguments, reason = "one argument for each parameter")]
    async fn get_by_id(
        &self,
        caller: SignedIn,
        /// The file's id.
        file_id: Path<Uuid>,
        /// The number of a version; the one that is served where absent.
        #[oai(validator(minimum(value = "1"), maximum(value = "4294967295")))]
        version: Query<Option<u32>>,
        /// One range of bytes, like `bytes=0-1023`.
        #[oai(name = "Range", validator(max_length = 1024))]
        range: Header<Option<String>>,
        /// Only if the content is this one.
        #[oai(name = "If-Match", validator(max_length = 1024))]
        if_match: Header<Option<String>>,
        /// Only if the content is another one.
        #[oai(name = "If-None-Match", validator(max_length = 1024))]
        if_none_match: Header<Option<String>>,
        /// The range only if the content is this one, else the whole.
        #[oai(name = "If-Range", validator(max_length = 1024))]
        if_range: Header<Option<String>>,
    ) -> Result<Response<ContentResponse>, ReadProblem> {
        let wanted = Wanted::Id(FileId::from_uuid(file_id.0), version.0);
        let asking = asking(range, if_match, if_none_match, if_range);
        Ok(self.serve(&caller.caller()?, wanted, asking).await?)
    }

    /// Describe content
    ///
    /// The headers of the download, without the bytes.
    #[oai(
        path = "/:file_id/content",
        method = "head",
        operation_id = "head_content"
    )]
    async fn head_by_id(
        &self,
        caller: SignedIn,
        /// The file's id.
        file_id: Path<Uuid>,
        /// The number of a version; the one that is served where absent.
        #[oai(validator(minimum(value = "1"), maximum(value = "4294967295")))]
        version: Query<Option<u32>>,
        /// Only if the content is this one.
        #[oai(name = "If-Match", validator(max_length = 1024))]
        if_match: Header<Option<String>>,
        /// Only if the content is another one.
        #[oai(name = "If-None-Match", validator(max_length = 1024))]
        if_none_match: Header<Option<String>>,
    ) -> Result<Response<ContentResponse>, ReadProblem> {
        let wanted = Wanted::Id(FileId::from_uuid(file_id.0), version.0);
        let asking = asking(Header(None), if_match, if_none_match, Header(None));
        Ok(self.describe(&caller.caller()?, wanted, &asking).await?)
    }
}

impl ContentApi {
    async fn serve(
        &self,
        caller: &Caller,
        wanted: Wanted,
        asking: Asking,
    ) -> Result<Response<ContentResponse>, Problem> {
        let download = files::download(&self.services, caller, wanted).await?;
        let size = download.version.size_bytes;
        let tag = content_tag(download.version.digest);
        if asking.condition(&tag)? == ReadCondition::NotModified {
            return Ok(described(ContentResponse::NotModified, &download, None));
        }
        let ranged = asking
            .range
            .as_deref()
            .filter(|_| range_applies(&tag, asking.if_range.as_deref()));
        match range::read(ranged, size) {
            Asked::Unsatisfiable => {
                Err(tenantry_application::Error::RangeNotSatisfiable { size_bytes: size }.into())
            }
            Asked::Whole => {
                let bytes = download.open(&self.services, caller, 0..size).await?;
                let response = ContentResponse::Whole(Binary(body_of(bytes)));
                Ok(described(response, &download, Some(size)))
            }
            Asked::Part(range) => {
                let length = range.end - range.start;
                let shown = format!("bytes {}-{}/{size}", range.start, range.end - 1);
                let bytes = download.open(&self.services, caller, range).await?;
                let response = ContentResponse::Part(Binary(body_of(bytes)), shown);
                Ok(described(response, &download, Some(length)))
            }
        }
    }

    async fn describe(
        &self,
        caller: &Caller,
        wanted: Wanted,
        asking: &Asking,
    ) -> Result<Response<ContentResponse>, Problem> {
        let download = files::download(&self.services, caller, wanted).await?;
        let tag = content_tag(download.version.digest);
        Ok(match asking.condition(&tag)? {
            ReadCondition::NotModified => described(ContentResponse::NotModified, &download, None),
            ReadCondition::Go => {
                let response = ContentResponse::Whole(Binary(Body::empty()));
                described(response, &download, Some(download.version.size_bytes))
            }
        })
    }
}

impl Asking {
    fn condition(&self, tag: &str) -> Result<ReadCondition, tenantry_application::Error> {
        read_condition(tag, self.if_match.as_deref(), self.if_none_match.as_deref())
    }
}

fn asking(
    range: Header<Option<String>>,
    if_match: Header<Option<String>>,
    if_none_match: Header<Option<String>>,
    if_range: Header<Option<String>>,
) -> Asking {
    Asking {
        range: range.0,
        if_match: if_match.0,
        if_none_match: if_none_match.0,
        if_range: if_range.0,
    }
}

fn by_path(
    path: &str,
    bucket: Option<BucketName>,
    bucket_id: Option<Uuid>,
) -> Result<Wanted, tenantry_application::Error> {
    let path = parse_path(path)?;
    Ok(Wanted::Path {
        bucket: bucket.unwrap_or_default().into(),
        bucket_id,
        path,
    })
}

/// The headers that describe content. Whatever it is, a browser does not run
/// it: it is saved under its name, taken for no other type, and sandboxed.
fn described(
    response: ContentResponse,
    download: &Download,
    length: Option<u64>,
) -> Response<ContentResponse> {
    let not_modified = matches!(response, ContentResponse::NotModified);
    let response = Response::new(response)
        .header("ETag", content_tag(download.version.digest))
        .header("Cache-Control", "private, no-cache")
        .header("Accept-Ranges", "bytes");
    if not_modified {
        return response;
    }
    let response = response
        .header("Content-Type", download.version.media_type.as_str())
        .header("Content-Disposition", disposition(download.file.name()))
        .header("Content-Security-Policy", "default-src 'none'; sandbox");
    match length {
        Some(length) => response.header("Content-Length", length.to_string()),
        None => response,
    }
}

/// What RFC 8187 lets stand in `filename*`.
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// `Content-Disposition` after RFC 6266: a plain name for old clients, the
/// real one for all others.
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            if c == ' ' || c.is_ascii_alphanumeric() || "!#$&+-.^_`|~(),;@=[]{}".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    format!(
        "attachment; filename=\"{plain}\"; filename*=UTF-8''{}",
        utf8_percent_encode(name, ATTRIBUTE)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_header() {
        let header = disposition("a\"; x=\"y\r\nSet-Cookie: z\\ü%41.pdf");
        assert_eq!(
            header,
            "attachment; filename=\"a_; x=_y__Set-Cookie_ z___41.pdf\"; \
             filename*=UTF-8''a%22%3B%20x%3D%22y%0D%0ASet-Cookie%3A%20z%5C%C3%BC%2541.pdf"
        );
    }
}
