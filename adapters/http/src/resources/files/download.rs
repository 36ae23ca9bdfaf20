//! Downloads of content.

use poem::Body;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Path, Query},
    payload::{Binary, Response},
};
use tenantry_application::{
    Caller, Error,
    files::{self, Download, DownloadTarget},
};
use tenantry_domain::{id::FileId, permission::Permission};
use uuid::Uuid;

use super::{disposition::attachment, location::Location};
use crate::{
    caller::Authentication,
    payload::body_of,
    problem::ProblemWith,
    resources::{
        conditions::{ReadConditions, ReadOutcome},
        entity_tag::content_tag,
        multipart_ranges::{MultipartRanges, content_range},
        range::{ContentRange, RangeHeaders},
        resource::resource,
        response::CONTENT_POLICY,
    },
    tag::Tag,
    types::{Number, Text},
};

/// The number of a version.
type VersionNumber = Number<1, { u32::MAX }>;

resource! {
    /// The operations that download content.
    ContentApi
}

#[derive(ApiResponse)]
enum ContentResponse {
    /// The whole content.
    #[oai(status = 200, content_type = "*/*")]
    Whole(Binary<Body>),
    /// The requested range, or several as `multipart/byteranges`.
    #[oai(status = 206, content_type = "*/*")]
    Part(
        Binary<Body>,
        /// The range and the size of the content; absent for several ranges.
        #[oai(header = "Content-Range")]
        Option<Text<128>>,
    ),
    /// The client has the current content.
    #[oai(status = 304)]
    NotModified,
}

type ContentResult = Result<Response<ContentResponse>, ProblemWith<409, 412, 416>>;

#[OpenApi(prefix_path = "/api/v1/files", tag = "Tag::Files")]
impl ContentApi {
    /// Download the content at a path
    ///
    /// Returns the newest ready version of the file. Requires `files:read`.
    #[oai(
        path = "/content",
        method = "get",
        operation_id = "get_content_by_path"
    )]
    async fn get_by_path(
        &self,
        caller: Authentication,
        location: Location,
        range: RangeHeaders,
        conditions: ReadConditions,
    ) -> ContentResult {
        let target = location.target()?;
        self.serve(&caller, target, range, conditions).await
    }

    /// Get the headers of the content at a path
    ///
    /// Returns the headers of the download without the content.
    #[oai(
        path = "/content",
        method = "head",
        operation_id = "head_content_by_path"
    )]
    async fn head_by_path(
        &self,
        caller: Authentication,
        location: Location,
        conditions: ReadConditions,
    ) -> ContentResult {
        let target = location.target()?;
        self.describe(&caller.caller()?, target, conditions).await
    }

    /// Download the content of a file
    ///
    /// Returns the newest ready version or the requested one. Responds 409
    /// `state_conflict` unless the version is ready. Requires `files:read`.
    #[oai(
        path = "/:file_id/content",
        method = "get",
        operation_id = "get_content"
    )]
    async fn get_by_id(
        &self,
        caller: Authentication,
        /// The file's id.
        file_id: Path<Uuid>,
        /// The number of the version; the newest ready one by default.
        version: Query<Option<VersionNumber>>,
        range: RangeHeaders,
        conditions: ReadConditions,
    ) -> ContentResult {
        let target = by_id(&file_id, version.0);
        self.serve(&caller, target, range, conditions).await
    }

    /// Get the headers of the content of a file
    ///
    /// Returns the headers of the download without the content.
    #[oai(
        path = "/:file_id/content",
        method = "head",
        operation_id = "head_content"
    )]
    async fn head_by_id(
        &self,
        caller: Authentication,
        /// The file's id.
        file_id: Path<Uuid>,
        /// The number of the version; the newest ready one by default.
        version: Query<Option<VersionNumber>>,
        conditions: ReadConditions,
    ) -> ContentResult {
        let target = by_id(&file_id, version.0);
        self.describe(&caller.caller()?, target, conditions).await
    }
}

impl ContentApi {
    async fn serve(
        &self,
        authentication: &Authentication,
        target: DownloadTarget,
        range: RangeHeaders,
        conditions: ReadConditions,
    ) -> ContentResult {
        let caller = &authentication.caller()?;
        let download = files::download(&self.services, caller, target).await?;
        let size = download.version.size_bytes;
        let tag = content_tag(download.version.digest);
        if conditions.evaluate(&tag)? == ReadOutcome::NotModified {
            return Ok(not_modified(&download));
        }
        let media_type = download.version.media_type.as_str();
        let (response, media_type, length) = match range.select(size, &tag) {
            ContentRange::Unsatisfiable => {
                return Err(Error::RangeNotSatisfiable { size_bytes: size }.into());
            }
            ContentRange::Whole => {
                let range = 0..size;
                let bytes = download.open(&self.services, caller, [range].into());
                let bytes = bytes.await?;
                let response = ContentResponse::Whole(Binary(body_of(bytes)));
                (response, media_type.to_owned(), size)
            }
            ContentRange::Part(range) => {
                let length = range.end - range.start;
                let shown = Text::from(content_range(&range, size));
                let bytes = download.open(&self.services, caller, [range].into());
                let bytes = bytes.await?;
                let response = ContentResponse::Part(Binary(body_of(bytes)), Some(shown));
                (response, media_type.to_owned(), length)
            }
            ContentRange::Parts(ranges) => {
                let ids = &*self.services.ids;
                let parts = MultipartRanges::new(&ranges, size, media_type, ids);
                let (media_type, length) = (parts.media_type(), parts.length());
                let bytes = download.open(&self.services, caller, ranges).await?;
                let response = ContentResponse::Part(Binary(parts.body(bytes)), None);
                (response, media_type, length)
            }
        };
        authentication.require_while_sending(&self.services, caller, Permission::FilesRead);
        Ok(with_headers(response, &download, &media_type, length))
    }

    async fn describe(
        &self,
        caller: &Caller,
        target: DownloadTarget,
        conditions: ReadConditions,
    ) -> ContentResult {
        let download = files::download(&self.services, caller, target).await?;
        let tag = content_tag(download.version.digest);
        Ok(match conditions.evaluate(&tag)? {
            ReadOutcome::NotModified => not_modified(&download),
            ReadOutcome::Modified => {
                let response = ContentResponse::Whole(Binary(Body::empty()));
                let version = &download.version;
                let media_type = version.media_type.as_str();
                with_headers(response, &download, media_type, version.size_bytes)
            }
        })
    }
}

fn by_id(file_id: &Uuid, version: Option<VersionNumber>) -> DownloadTarget {
    DownloadTarget::Id(FileId::from_uuid(*file_id), version.map(|number| number.0))
}

fn not_modified(download: &Download) -> Response<ContentResponse> {
    with_cache_headers(ContentResponse::NotModified, download)
}

fn with_cache_headers(response: ContentResponse, download: &Download) -> Response<ContentResponse> {
    Response::new(response)
        .header("ETag", &*content_tag(download.version.digest))
        .header("Cache-Control", "private, no-cache")
        .header("Accept-Ranges", "bytes")
}

/// Adds the headers that describe content. Browsers must not execute it: they
/// save it under its name, do not sniff its type, and sandbox it.
fn with_headers(
    response: ContentResponse,
    download: &Download,
    media_type: &str,
    length: u64,
) -> Response<ContentResponse> {
    with_cache_headers(response, download)
        .header("Content-Type", media_type)
        .header("Content-Disposition", attachment(download.file.name()))
        .header("Content-Security-Policy", CONTENT_POLICY)
        .header("Content-Length", length.to_string())
}
