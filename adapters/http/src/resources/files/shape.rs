//! The HTTP shape of files and versions.

use std::collections::BTreeMap;

use poem_openapi::{Enum, Object};
use serde_json::{Number, Value};
use tenantry_application::files::{FileView, VersionView};
use tenantry_domain::{
    Invalid,
    file::{Bucket, Review},
    tags::{TagValue, Tags},
    version::{Failure, Processing},
};
use uuid::Uuid;

use crate::resources::body::Time;

/// The kinds of spaces for files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum)]
#[oai(rename_all = "snake_case", rename = "Bucket")]
pub(crate) enum BucketName {
    /// People's own spaces.
    Users,
    /// The tenant's space.
    #[default]
    Companies,
    /// Spaces of projects.
    Projects,
}

impl From<BucketName> for Bucket {
    fn from(name: BucketName) -> Self {
        match name {
            BucketName::Users => Self::Users,
            BucketName::Companies => Self::Companies,
            BucketName::Projects => Self::Projects,
        }
    }
}

impl From<Bucket> for BucketName {
    fn from(bucket: Bucket) -> Self {
        match bucket {
            Bucket::Users => Self::Users,
            Bucket::Companies => Self::Companies,
            Bucket::Projects => Self::Projects,
        }
    }
}

/// How far the processing of a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", rename = "FileStatus")]
pub(super) enum FileStatus {
    /// Under validation; not served yet.
    Pending,
    /// Whole, of an accepted type, and served.
    Ready,
    /// Refused; `error` says why.
    Failed,
}

impl FileStatus {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }
}

impl From<&Processing> for FileStatus {
    fn from(processing: &Processing) -> Self {
        match processing {
            Processing::Pending => Self::Pending,
            Processing::Ready => Self::Ready,
            Processing::Failed(_) => Self::Failed,
        }
    }
}

/// The editorial state of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", rename = "ReviewState")]
pub(super) enum ReviewState {
    /// Being worked on.
    Draft,
    /// Waiting for approval.
    PendingValidation,
    /// Approved.
    Validated,
    /// Turned down.
    Rejected,
    /// Kept, no longer in use.
    Archived,
}

impl From<Review> for ReviewState {
    fn from(review: Review) -> Self {
        match review {
            Review::Draft => Self::Draft,
            Review::PendingValidation => Self::PendingValidation,
            Review::Validated => Self::Validated,
            Review::Rejected => Self::Rejected,
            Review::Archived => Self::Archived,
        }
    }
}

impl From<ReviewState> for Review {
    fn from(review: ReviewState) -> Self {
        match review {
            ReviewState::Draft => Self::Draft,
            ReviewState::PendingValidation => Self::PendingValidation,
            ReviewState::Validated => Self::Validated,
            ReviewState::Rejected => Self::Rejected,
            ReviewState::Archived => Self::Archived,
        }
    }
}

/// Why a version was refused.
#[derive(Debug, Clone, Object)]
pub(super) struct FileError {
    /// Stable: `content_missing`, `digest_mismatch` or `content_type_mismatch`.
    code: String,
    /// For people.
    message: String,
}

impl From<&Failure> for FileError {
    fn from(failure: &Failure) -> Self {
        Self {
            code: failure.code.clone(),
            message: failure.message.clone(),
        }
    }
}

/// Free labels: at most 50 scalars by key.
pub(super) type TagsBody = BTreeMap<String, Value>;

/// A file.
#[derive(Debug, Clone, Object)]
#[oai(rename = "File")]
pub(super) struct FileBody {
    /// The file's id.
    id: Uuid,
    /// The last segment of its path.
    filename: String,
    /// The kind of space it lies in.
    bucket: BucketName,
    /// The person or tenant whose space it is.
    bucket_id: Uuid,
    /// Where in that space.
    path: String,
    /// Size of the served content, or of the newest version while none is ready.
    size_bytes: u64,
    /// Type of the same.
    mime_type: String,
    /// Processing of the newest version.
    status: FileStatus,
    /// Why that failed, if it did.
    #[oai(nullable)]
    error: Option<FileError>,
    /// Editorial state.
    review: ReviewState,
    /// Number of the newest version, from 1.
    version: u32,
    /// Number of the version that is served; null while none is ready.
    #[oai(nullable)]
    content_version: Option<u32>,
    /// SHA-256 of the same content as `size_bytes`, in hexadecimal.
    digest: String,
    /// Free labels.
    tags: TagsBody,
    /// Whom the file belongs to.
    owner_id: Uuid,
    /// Who uploaded the newest version.
    uploaded_by: Uuid,
    /// Their address; null where they are gone.
    #[oai(nullable)]
    uploaded_by_email: Option<String>,
    /// When the first version was uploaded.
    uploaded_at: Time,
    /// When processing of the newest version ended.
    #[oai(nullable)]
    processed_at: Option<Time>,
    /// When anything about it last changed.
    updated_at: Time,
}

impl From<FileView> for FileBody {
    fn from(view: FileView) -> Self {
        let file = view.file;
        Self {
            id: file.id.as_uuid(),
            filename: file.name().to_owned(),
            bucket: file.place.bucket().into(),
            bucket_id: file.place.owner(),
            path: file.path.to_string(),
            size_bytes: file.head.size_bytes,
            mime_type: file.head.media_type.to_string(),
            status: (&file.processing).into(),
            error: file.processing.failure().map(FileError::from),
            review: file.review.into(),
            version: file.version,
            content_version: file.content_version,
            digest: file.head.digest.to_string(),
            tags: tags_body(&file.tags),
            owner_id: file.owner_id.as_uuid(),
            uploaded_by: file.uploaded_by.as_uuid(),
            uploaded_by_email: view.uploaded_by_email.map(|email| email.to_string()),
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
    /// Its number among the file's versions, from 1.
    version: u32,
    /// Size in bytes.
    size_bytes: u64,
    /// Type; the declared one until processing settles it.
    mime_type: String,
    /// SHA-256, in hexadecimal.
    digest: String,
    /// How far its processing is.
    status: FileStatus,
    /// Why that failed, if it did.
    #[oai(nullable)]
    error: Option<FileError>,
    /// Who uploaded it.
    uploaded_by: Uuid,
    /// Their address; null where they are gone.
    #[oai(nullable)]
    uploaded_by_email: Option<String>,
    /// When.
    uploaded_at: Time,
    /// When its processing ended.
    #[oai(nullable)]
    processed_at: Option<Time>,
}

impl From<VersionView> for VersionBody {
    fn from(view: VersionView) -> Self {
        let version = view.version;
        Self {
            id: version.id.as_uuid(),
            version: version.number,
            size_bytes: version.size_bytes,
            mime_type: version.media_type.to_string(),
            digest: version.digest.to_string(),
            status: (&version.processing).into(),
            error: version.processing.failure().map(FileError::from),
            uploaded_by: version.created_by.as_uuid(),
            uploaded_by_email: view.created_by_email.map(|email| email.to_string()),
            uploaded_at: version.created_at.into(),
            processed_at: version.processed_at.map(Time::from),
        }
    }
}

/// Tags out of a JSON object.
pub(super) fn tags(body: TagsBody) -> Result<Tags, Invalid> {
    let entries: Result<Vec<_>, Invalid> = body
        .into_iter()
        .map(|(key, value)| {
            let value = match value {
                Value::Null => TagValue::Empty,
                Value::Bool(flag) => TagValue::Flag(flag),
                Value::String(text) => TagValue::Text(text),
                Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                    (Some(whole), _) => TagValue::Integer(whole),
                    (None, Some(number)) => TagValue::Number(number),
                    (None, None) => return Err(Invalid::format("must have finite numbers")),
                },
                Value::Array(_) | Value::Object(_) => {
                    return Err(Invalid::format("must have scalar values"));
                }
            };
            Ok((key, value))
        })
        .collect();
    Tags::new(entries?)
}

fn tags_body(tags: &Tags) -> TagsBody {
    let value = |value: &TagValue| match value {
        TagValue::Empty => Value::Null,
        TagValue::Flag(flag) => Value::Bool(*flag),
        TagValue::Text(text) => Value::String(text.clone()),
        TagValue::Integer(whole) => Value::Number((*whole).into()),
        TagValue::Number(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
    };
    tags.iter()
        .map(|(key, tag)| (key.to_owned(), value(tag)))
        .collect()
}
