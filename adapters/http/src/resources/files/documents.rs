//! Files as things with a name, labels and versions.

use std::sync::Arc;

use poem_openapi::{
    ApiResponse, Enum, Object, OpenApi,
    param::{Header, Path, Query},
};
use tenantry_application::{
    Error, Services,
    files::{self, ListFiles, ListVersions, Target, UpdateFile, Upload, Uploaded},
    paging::Page,
    ports::FileSort,
};
use tenantry_domain::{
    id::{FileId, UserId},
    idempotency::IdempotencyKey,
    path::{LogicalPath, from_client_name},
};
use uuid::Uuid;

use super::{
    form::FileForm,
    shape::{self, BucketName, FileBody, FileStatus, ReviewState, TagsBody, VersionBody},
};
use crate::{
    caller::SignedIn,
    payload::Json,
    problem::{Problem, ProblemWith},
    resources::{
        conditions::{ReadCondition, precondition, read_condition, revision_tag},
        paging,
    },
    tag::Tag,
};

/// The operations on files.
pub(crate) struct FilesApi {
    services: Arc<Services>,
}

impl FilesApi {
    /// The operations, on these services.
    pub(crate) fn new(services: Arc<Services>) -> Self {
        Self { services }
    }
}

/// What an upload left.
#[derive(Object)]
#[oai(rename = "UploadedFile")]
pub(super) struct UploadedBody {
    /// The file's id.
    file_id: Uuid,
    /// The last segment of its path.
    filename: String,
    /// Its path.
    path: String,
    /// The number of the version that was uploaded.
    version: u32,
    /// `pending`: the version is validated in the background.
    status: FileStatus,
    /// Size in bytes.
    size_bytes: u64,
    /// SHA-256, in hexadecimal.
    digest: String,
}

impl From<&Uploaded> for UploadedBody {
    fn from(uploaded: &Uploaded) -> Self {
        Self {
            file_id: uploaded.file_id.as_uuid(),
            filename: uploaded.path.file_name().to_owned(),
            path: uploaded.path.to_string(),
            version: uploaded.version,
            status: FileStatus::Pending,
            size_bytes: uploaded.size_bytes,
            digest: uploaded.digest.to_string(),
        }
    }
}

#[derive(ApiResponse)]
enum UploadResponse {
    /// The file is stored and is being validated.
    #[oai(status = 201)]
    Created(
        Json<UploadedBody>,
        /// Where the file is.
        #[oai(header = "Location")]
        String,
    ),
}

#[derive(ApiResponse)]
enum FileResponse {
    /// The file.
    #[oai(status = 200)]
    Ok(
        Json<FileBody>,
        /// Changes with every change of the file, its versions included.
        #[oai(header = "ETag")]
        String,
    ),
}

#[derive(ApiResponse)]
#[expect(
    clippy::large_enum_variant,
    reason = "it is made once and read at once"
)]
enum FileReadResponse {
    /// The file.
    #[oai(status = 200)]
    Ok(
        Json<FileBody>,
        /// Changes with every change of the file, its versions included.
        #[oai(header = "ETag")]
        String,
    ),
    /// The client has it already.
    #[oai(status = 304)]
    NotModified(
        /// Its entity tag.
        #[oai(header = "ETag")]
        String,
    ),
}

#[derive(ApiResponse)]
enum DeleteResponse {
    /// The file is gone.
    #[oai(status = 204)]
    Deleted,
}

/// A page of files.
#[derive(Object)]
struct FilePage {
    /// The files.
    #[oai(validator(max_items = 100))]
    items: Vec<FileBody>,
    /// Brings the next page; null on the last one.
    #[oai(nullable)]
    next_cursor: Option<String>,
    /// The page's number, where it was asked by number.
    #[oai(skip_serializing_if_is_none)]
    page: Option<u32>,
    /// How many files there are, where that was asked.
    #[oai(skip_serializing_if_is_none)]
    total: Option<u64>,
    /// Whether there are more than `total`.
    #[oai(skip_serializing_if_is_none)]
    total_capped: Option<bool>,
}

/// A page of versions, newest first.
#[derive(Object)]
struct VersionPage {
    /// The versions.
    #[oai(validator(max_items = 100))]
    items: Vec<VersionBody>,
    /// Brings the next page; null on the last one.
    #[oai(nullable)]
    next_cursor: Option<String>,
    /// How many versions there are, where that was asked.
    #[oai(skip_serializing_if_is_none)]
    total: Option<u64>,
}

/// What changes of a file. What is absent stays as it is.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct UpdateFileRequest {
    /// Another path in the same space.
    #[oai(validator(max_length = 1024))]
    path: Option<String>,
    /// Other labels, in place of those it has.
    tags: Option<TagsBody>,
}

/// The orders of lists of files; `-` turns one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "FileSort")]
enum SortBody {
    #[oai(rename = "name")]
    Name,
    #[oai(rename = "-name")]
    NameDown,
    #[oai(rename = "path")]
    Path,
    #[oai(rename = "-path")]
    PathDown,
    #[oai(rename = "uploaded_at")]
    UploadedAt,
    #[oai(rename = "-uploaded_at")]
    UploadedAtDown,
    #[oai(rename = "updated_at")]
    UpdatedAt,
    #[oai(rename = "-updated_at")]
    UpdatedAtDown,
    #[oai(rename = "size_bytes")]
    Size,
    #[oai(rename = "-size_bytes")]
    SizeDown,
}

impl SortBody {
    fn read(self) -> (FileSort, bool) {
        match self {
            Self::Name => (FileSort::Name, false),
            Self::NameDown => (FileSort::Name, true),
            Self::Path => (FileSort::Path, false),
            Self::PathDown => (FileSort::Path, true),
            Self::UploadedAt => (FileSort::CreatedAt, false),
            Self::UploadedAtDown => (FileSort::CreatedAt, true),
            Self::UpdatedAt => (FileSort::UpdatedAt, false),
            Self::UpdatedAtDown => (FileSort::UpdatedAt, true),
            Self::Size => (FileSort::Size, false),
            Self::SizeDown => (FileSort::Size, true),
        }
    }
}

type UploadProblem = ProblemWith<413, 415>;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Files")]
impl FilesApi {
    /// Upload a file as a form
    ///
    /// Stores a new file. Without `path` it gets the name of the file in the
    /// form, with a number where that is taken. Needs `files:write`.
    #[oai(path = "/files", method = "post", operation_id = "upload_file")]
    async fn upload_file(
        &self,
        caller: SignedIn,
        /// The client's name for this request, 1 to 255 visible ASCII
        /// characters: sent again within 24 hours with the same form, it is
        /// answered as before and stores nothing.
        #[oai(name = "Idempotency-Key", validator(max_length = 257))]
        idempotency_key: Header<Option<String>>,
        form: FileForm,
    ) -> Result<UploadResponse, UploadProblem> {
        self.take_form(&caller, idempotency_key.0, form).await
    }

    /// Upload a file as a form (older name)
    ///
    /// The same as `POST /api/v1/files`.
    #[oai(path = "/upload", method = "post", operation_id = "upload_file_alias")]
    async fn upload_file_alias(
        &self,
        caller: SignedIn,
        /// The client's name for this request, 1 to 255 visible ASCII
        /// characters: sent again within 24 hours with the same form, it is
        /// answered as before and stores nothing.
        #[oai(name = "Idempotency-Key", validator(max_length = 257))]
        idempotency_key: Header<Option<String>>,
        form: FileForm,
    ) -> Result<UploadResponse, UploadProblem> {
        self.take_form(&caller, idempotency_key.0, form).await
    }

    /// List files
    ///
    /// The files of one space, by default the tenant's. Needs `files:read`.
    #[oai(path = "/files", method = "get", operation_id = "list_files")]
    #[expect(
        clippy::too_many_arguments,
        reason = "one argument for each query parameter"
    )]
    async fn list_files(
        &self,
        caller: SignedIn,
        /// The kind of space; `companies` where absent.
        bucket: Query<Option<BucketName>>,
        /// Whose space; one's own or the tenant's where absent.
        bucket_id: Query<Option<Uuid>>,
        /// Paths that begin so.
        #[oai(validator(max_length = 1024))]
        prefix: Query<Option<String>>,
        /// Exactly this path.
        #[oai(validator(max_length = 1024))]
        path: Query<Option<String>>,
        /// By processing of the newest version.
        status: Query<Option<FileStatus>>,
        /// By editorial state.
        review: Query<Option<ReviewState>>,
        /// By owner.
        owner_id: Query<Option<Uuid>>,
        /// Names that contain this, whatever the case.
        #[oai(validator(max_length = 255))]
        search: Query<Option<String>>,
        /// The order; `name` where absent.
        sort: Query<Option<SortBody>>,
        /// Files a page, 1 to 100; 20 where absent.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u32>>,
        /// The `next_cursor` of the page before.
        #[oai(validator(max_length = 4096))]
        cursor: Query<Option<String>>,
        /// The page's number from 1, in place of a cursor; page × limit at most 10,000.
        #[oai(validator(minimum(value = "1"), maximum(value = "10000")))]
        page: Query<Option<u32>>,
        /// Whether to count all files, up to 10,000.
        include_total: Query<Option<bool>>,
    ) -> Result<Json<FilePage>, Problem> {
        let (sort, descending) = sort.0.unwrap_or(SortBody::Name).read();
        let query = ListFiles {
            bucket: bucket.0.unwrap_or_default().into(),
            bucket_id: bucket_id.0,
            prefix: prefix.0,
            path: path.0,
            status: status.0.map(FileStatus::name),
            review: review.0.map(Into::into),
            owner_id: owner_id.0.map(UserId::from_uuid),
            search: search.0,
            sort,
            descending,
            page: paging::request(&limit, cursor, page.0, include_total.0),
        };
        let page: Page<FileBody> = files::list(&self.services, &caller.caller()?, query)
            .await?
            .map(FileBody::from);
        Ok(Json(FilePage {
            items: page.items,
            next_cursor: page.next_cursor,
            page: page.page,
            total: page.total,
            total_capped: page.total.map(|_| page.total_capped),
        }))
    }

    /// Show a file
    ///
    /// Needs `files:read`.
    #[oai(path = "/files/:file_id", method = "get", operation_id = "get_file")]
    async fn get_file(
        &self,
        caller: SignedIn,
        /// The file's id.
        file_id: Path<Uuid>,
        /// Only if the file is another one.
        #[oai(name = "If-None-Match", validator(max_length = 1024))]
        if_none_match: Header<Option<String>>,
    ) -> Result<FileReadResponse, Problem> {
        let id = FileId::from_uuid(file_id.0);
        let view = files::get(&self.services, &caller.caller()?, id).await?;
        let tag = revision_tag(view.file.revision);
        Ok(
            match read_condition(&tag, None, if_none_match.as_deref())? {
                ReadCondition::NotModified => FileReadResponse::NotModified(tag),
                ReadCondition::Go => FileReadResponse::Ok(Json(view.into()), tag),
            },
        )
    }

    /// Move or tag a file
    ///
    /// A path that is taken is answered 409. Needs `files:write`.
    #[oai(
        path = "/files/:file_id",
        method = "patch",
        operation_id = "update_file"
    )]
    async fn update_file(
        &self,
        caller: SignedIn,
        /// The file's id.
        file_id: Path<Uuid>,
        /// Only if the file is still this one.
        #[oai(name = "If-Match", validator(max_length = 1024))]
        if_match: Header<Option<String>>,
        body: Json<UpdateFileRequest>,
    ) -> Result<FileResponse, ProblemWith<412>> {
        let command = UpdateFile {
            id: FileId::from_uuid(file_id.0),
            path: body.0.path.map(|path| parse_path(&path)).transpose()?,
            tags: body.0.tags.map(parse_tags).transpose()?,
            precondition: precondition(if_match.as_deref())?,
        };
        let view = files::update(&self.services, &caller.caller()?, command).await?;
        let tag = revision_tag(view.file.revision);
        Ok(FileResponse::Ok(Json(view.into()), tag))
    }

    /// Delete a file
    ///
    /// With all its versions, for good. Needs `files:delete`.
    #[oai(
        path = "/files/:file_id",
        method = "delete",
        operation_id = "delete_file"
    )]
    async fn delete_file(
        &self,
        caller: SignedIn,
        /// The file's id.
        file_id: Path<Uuid>,
        /// Only if the file is still this one.
        #[oai(name = "If-Match", validator(max_length = 1024))]
        if_match: Header<Option<String>>,
    ) -> Result<DeleteResponse, ProblemWith<412>> {
        let precondition = precondition(if_match.as_deref())?;
        let id = FileId::from_uuid(file_id.0);
        files::delete(&self.services, &caller.caller()?, id, &precondition).await?;
        Ok(DeleteResponse::Deleted)
    }

    /// List a file's versions
    ///
    /// Newest first. Needs `files:read`.
    #[oai(
        path = "/files/:file_id/versions",
        method = "get",
        operation_id = "list_file_versions"
    )]
    async fn list_versions(
        &self,
        caller: SignedIn,
        /// The file's id.
        file_id: Path<Uuid>,
        /// Versions a page, 1 to 100; 20 where absent.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<u32>>,
        /// The `next_cursor` of the page before.
        #[oai(validator(max_length = 2048))]
        cursor: Query<Option<String>>,
        /// Whether to count all versions.
        include_total: Query<Option<bool>>,
    ) -> Result<Json<VersionPage>, Problem> {
        let query = ListVersions {
            file_id: FileId::from_uuid(file_id.0),
            page: paging::request(&limit, cursor, None, include_total.0),
        };
        let page = files::list_versions(&self.services, &caller.caller()?, query).await?;
        let page = page.map(VersionBody::from);
        Ok(Json(VersionPage {
            items: page.items,
            next_cursor: page.next_cursor,
            total: page.total,
        }))
    }
}

impl FilesApi {
    async fn take_form(
        &self,
        caller: &SignedIn,
        key: Option<String>,
        form: FileForm,
    ) -> Result<UploadResponse, UploadProblem> {
        let key = key.as_deref().map(idempotency_key).transpose()?;
        let target = match &form.path {
            Some(path) => Target::New(parse_path(path)?),
            None => Target::Named(from_client_name(&form.client_name)),
        };
        let upload = Upload {
            bucket: form.bucket.into(),
            bucket_id: form.bucket_id,
            target,
            tags: form.tags,
            declared_type: form.declared_type,
            length: form.length,
            body: form.body,
            key,
        };
        let uploaded = files::upload(&self.services, &caller.caller()?, upload).await?;
        let location = format!("/api/v1/files/{}", uploaded.file_id);
        Ok(UploadResponse::Created(Json((&uploaded).into()), location))
    }
}

fn idempotency_key(text: &str) -> Result<IdempotencyKey, Error> {
    IdempotencyKey::parse(text).map_err(|e| Error::field("Idempotency-Key", e))
}

/// A path out of a request.
pub(super) fn parse_path(path: &str) -> Result<LogicalPath, Error> {
    LogicalPath::parse(path).map_err(|e| Error::field("path", e))
}

fn parse_tags(body: TagsBody) -> Result<tenantry_domain::tags::Tags, Error> {
    shape::tags(body).map_err(|e| Error::field("tags", e))
}
