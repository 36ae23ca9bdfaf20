//! The representations of files and versions.

use std::borrow::Cow;

use poem_openapi::Object;
use tenantry_application::files::{FileView, UploadedVersion, VersionView};
use tenantry_domain::{
    file::{Bucket, Review},
    version::Failure,
};
use uuid::Uuid;

use super::tags::{self, TagsBody};
use crate::{
    resources::{
        enums::FileStatus,
        paging::ListItem,
        texts::{
            DigestText, EmailText, FilenameText, MediaTypeText, MessageText, NameText, PathText,
        },
    },
    types::{Choice, Text, Time},
};

/// The reason why validation of a version failed.
#[derive(Debug, Clone, Object)]
pub(super) struct FileError {
    /// The stable code: `content_missing`, `digest_mismatch` or
    /// `content_type_mismatch`.
    code: NameText,
    /// A human-readable explanation.
    message: MessageText,
}

impl From<&Failure> for FileError {
    fn from(failure: &Failure) -> Self {
        Self {
            code: Text::of(&failure.code),
            message: Text::of(&failure.message),
        }
    }
}

/// A file.
#[derive(Debug, Clone, Object)]
#[oai(rename = "File")]
pub(super) struct FileBody {
    /// The file's id.
    id: Uuid,
    /// The last segment of the path.
    filename: FilenameText,
    /// The kind of bucket.
    bucket: Choice<Bucket>,
    /// The id of the user or tenant that owns the bucket.
    bucket_id: Uuid,
    /// The path in the bucket.
    path: PathText,
    /// The size in bytes of the served version, or of the newest version while
    /// none is ready.
    size_bytes: u64,
    /// The media type of the same version, detected from its content; the
    /// declared one until processing ends, and for text without a signature.
    mime_type: MediaTypeText,
    /// The media type that the uploader declared for it; null without one, and for
    /// types such as `application/octet-stream` that say nothing.
    #[oai(nullable)]
    declared_type: Option<MediaTypeText>,
    /// Whether the content is of another type than declared: the types are not the
    /// same, and neither is a more general name of the other.
    type_mismatch: bool,
    /// The processing status of the newest version.
    status: Choice<FileStatus>,
    /// The reason why processing failed; null unless it did.
    #[oai(nullable)]
    error: Option<FileError>,
    /// The editorial state.
    review: Choice<Review>,
    /// The number of the newest version, from 1.
    version: u32,
    /// The number of the served version; null while none is ready.
    #[oai(nullable)]
    content_version: Option<u32>,
    /// The SHA-256 digest of the same version as `size_bytes`, in hexadecimal.
    digest: DigestText,
    /// The tags, at most 50.
    tags: TagsBody,
    /// The owner of the file.
    owner_id: Uuid,
    /// The user who uploaded the newest version.
    uploaded_by: Uuid,
    /// That user's e-mail address; null if the user no longer exists.
    #[oai(nullable)]
    uploaded_by_email: Option<EmailText>,
    /// The upload time of the first version.
    uploaded_at: Time,
    /// The time when processing of the newest version ended.
    #[oai(nullable)]
    processed_at: Option<Time>,
    /// The time of the last change.
    updated_at: Time,
}

impl ListItem for FileBody {}

impl From<FileView> for FileBody {
    fn from(view: FileView) -> Self {
        let file = view.file;
        Self {
            id: file.id.as_uuid(),
            filename: Text::of(file.name()),
            bucket: Choice(file.place.bucket()),
            bucket_id: file.place.owner(),
            path: Text::of(&file.path),
            size_bytes: file.head.size_bytes,
            mime_type: Text::of(&file.head.media_type),
            declared_type: file.head.declared_type.as_ref().map(Text::of),
            type_mismatch: file.head.has_type_mismatch(),
            status: Choice((&file.processing).into()),
            error: file.processing.failure().map(FileError::from),
            review: Choice(file.review),
            version: file.version,
            content_version: file.content_version,
            digest: Text::of(&file.head.digest),
            tags: tags::body(&file.tags),
            owner_id: file.owner_id.as_uuid(),
            uploaded_by: file.uploaded_by.as_uuid(),
            uploaded_by_email: view.uploaded_by_email.as_ref().map(Text::of),
            uploaded_at: file.created_at.into(),
            processed_at: file.processed_at.map(Time::from),
            updated_at: file.updated_at.into(),
        }
    }
}

/// A version of a file.
#[derive(Debug, Clone, Object)]
#[oai(rename = "FileVersion")]
pub(super) struct VersionBody {
    /// The version's id.
    id: Uuid,
    /// The number of the version, from 1.
    version: u32,
    /// The size in bytes.
    size_bytes: u64,
    /// The media type, detected from the content; the declared one until
    /// processing ends, and for text without a signature.
    mime_type: MediaTypeText,
    /// The media type that the uploader declared; null without one, and for types
    /// such as `application/octet-stream` that say nothing.
    #[oai(nullable)]
    declared_type: Option<MediaTypeText>,
    /// Whether the content is of another type than declared: the types are not the
    /// same, and neither is a more general name of the other.
    type_mismatch: bool,
    /// The SHA-256 digest in hexadecimal.
    digest: DigestText,
    /// The processing status.
    status: Choice<FileStatus>,
    /// The reason why processing failed; null unless it did.
    #[oai(nullable)]
    error: Option<FileError>,
    /// The user who uploaded the version.
    uploaded_by: Uuid,
    /// That user's e-mail address; null if the user no longer exists.
    #[oai(nullable)]
    uploaded_by_email: Option<EmailText>,
    /// The upload time.
    uploaded_at: Time,
    /// The time when processing ended.
    #[oai(nullable)]
    processed_at: Option<Time>,
}

impl ListItem for VersionBody {
    fn page_name() -> Cow<'static, str> {
        "VersionPage".into()
    }
}

impl From<VersionView> for VersionBody {
    fn from(view: VersionView) -> Self {
        let version = view.version;
        Self {
            id: version.id.as_uuid(),
            version: version.number,
            size_bytes: version.size_bytes,
            mime_type: Text::of(&version.media_type),
            declared_type: version.declared().map(Text::of),
            type_mismatch: version.has_type_mismatch(),
            digest: Text::of(&version.digest),
            status: Choice((&version.processing).into()),
            error: version.processing.failure().map(FileError::from),
            uploaded_by: version.created_by.as_uuid(),
            uploaded_by_email: view.created_by_email.as_ref().map(Text::of),
            uploaded_at: version.created_at.into(),
            processed_at: version.processed_at.map(Time::from),
        }
    }
}

/// An uploaded file.
#[derive(Object)]
#[oai(rename = "UploadedFile")]
pub(super) struct UploadedBody {
    /// The file's id.
    file_id: Uuid,
    /// The last segment of the path.
    filename: FilenameText,
    /// The path in the bucket.
    path: PathText,
    /// The number of the uploaded version.
    version: u32,
    /// The processing status: `pending` until background validation ends.
    status: Choice<FileStatus>,
    /// The size in bytes.
    size_bytes: u64,
    /// The SHA-256 digest in hexadecimal.
    digest: DigestText,
}

impl UploadedBody {
    /// Returns the URL of an uploaded file.
    pub(super) fn location(uploaded: &UploadedVersion) -> crate::types::Location {
        format!("/api/v1/files/{}", uploaded.file_id).into()
    }
}

impl From<&UploadedVersion> for UploadedBody {
    fn from(uploaded: &UploadedVersion) -> Self {
        Self {
            file_id: uploaded.file_id.as_uuid(),
            filename: Text::of(uploaded.path.file_name()),
            path: Text::of(&uploaded.path),
            version: uploaded.version,
            status: Choice(FileStatus::Pending),
            size_bytes: uploaded.size_bytes,
            digest: Text::of(&uploaded.digest),
        }
    }
}
