//! The command and the result of an upload.

use tenantry_domain::{
    blob::Digest,
    file::{Bucket, File, Place},
    id::FileId,
    idempotency::IdempotencyKey,
    media_type::MediaType,
    path::LogicalPath,
    tags::Tags,
    version::Processing,
};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    ports::{BlobBody, TenantStore},
};

/// An upload of a file.
pub struct Upload {
    /// The kind of space.
    pub bucket: Bucket,
    /// The owner of the space; by default the caller or their tenant.
    pub bucket_id: Option<Uuid>,
    /// The destination within the space.
    pub target: Target,
    /// The tags; `None` keeps those of an existing file.
    pub tags: Option<Tags>,
    /// The media type declared by the client.
    pub declared_type: MediaType,
    /// The length declared by the client.
    pub length: Length,
    /// The body.
    pub body: BlobBody,
    /// The idempotency key, if any.
    pub key: Option<IdempotencyKey>,
}

/// The destination and metadata of an upload.
pub(super) struct UploadSpec {
    pub(super) place: Place,
    pub(super) target: Target,
    pub(super) tags: Option<Tags>,
    pub(super) declared_type: MediaType,
}

/// The length of a body in bytes, as known before it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// The exact length; a body of another length is rejected.
    Exact(u64),
    /// The approximate length, including the end of a form.
    About(u64),
    /// Unknown.
    Unknown,
}

/// The destination of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A new file at this path, which must be free.
    New(LogicalPath),
    /// A new file with this name, numbered if the name is taken.
    Named(LogicalPath),
    /// This path: a new version if a file exists, otherwise a new file.
    At(LogicalPath, ContentCondition),
}

/// A condition on the content to be replaced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ContentCondition {
    /// No condition.
    #[default]
    None,
    /// No content exists (`If-None-Match: *`).
    Absent,
    /// Content exists (`If-Match: *`).
    Present,
    /// The content has one of these digests (`If-Match` with entity tags).
    OneOf(Vec<Digest>),
}

/// The result of an upload: a version whose processing is pending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedVersion {
    /// The file.
    pub file_id: FileId,
    /// The path.
    pub path: LogicalPath,
    /// The version number.
    pub version: u32,
    /// The size in bytes.
    pub size_bytes: u64,
    /// The SHA-256 digest.
    pub digest: Digest,
    /// Whether the file is new.
    pub created: bool,
}

/// Returns the error of an upload that the sweeper has abandoned.
pub(super) fn expired() -> Error {
    Error::StateConflict("the upload has expired; upload the file again".to_owned())
}

/// Returns the error for a path that is not free.
pub(super) fn path_taken() -> Error {
    Error::AlreadyExists("a file already exists at this path".to_owned())
}

impl ContentCondition {
    /// Checks the condition against the latest content, including content still
    /// being validated: otherwise two clients with the same tag could both
    /// succeed.
    pub(super) async fn check(&self, store: &dyn TenantStore, file: Option<&File>) -> Result<()> {
        let holds = match (self, file) {
            (Self::None, _) | (Self::Absent, None) | (Self::Present, Some(_)) => true,
            (Self::OneOf(digests), Some(file)) => {
                digests.contains(&latest_digest(store, file).await?)
            }
            _ => false,
        };
        if holds {
            Ok(())
        } else {
            Err(Error::PreconditionFailed)
        }
    }
}

/// Returns the digest of the file's latest version, or of the served one if the
/// latest failed.
async fn latest_digest(store: &dyn TenantStore, file: &File) -> Result<Digest> {
    if file.processing == Processing::Pending {
        let version = store
            .versions()
            .find_by_number(file.id, file.version)
            .await?;
        if let Some(version) = version {
            return Ok(version.digest);
        }
    }
    Ok(file.head.digest)
}
