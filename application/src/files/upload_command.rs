//! What an upload is asked for with, and what it leaves.

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

/// A file on its way in.
pub struct Upload {
    /// The kind of space.
    pub bucket: Bucket,
    /// Whose; the caller's own or the tenant's where absent.
    pub bucket_id: Option<Uuid>,
    /// Where in that space.
    pub target: Target,
    /// Labels; for a new version of a file `None` keeps those it has.
    pub tags: Option<Tags>,
    /// The type the client declared.
    pub declared_type: MediaType,
    /// What the client says of its length.
    pub length: Length,
    /// The bytes.
    pub body: BlobBody,
    /// The client's name for the request, if it may be sent twice.
    pub key: Option<IdempotencyKey>,
}

/// What the bytes of an upload are to become.
pub(super) struct Wanted {
    pub(super) place: Place,
    pub(super) target: Target,
    pub(super) tags: Option<Tags>,
    pub(super) declared_type: MediaType,
}

/// What is known of a body's length, in bytes, before it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Exactly this; a body of another length is refused.
    Exact(u64),
    /// This, give or take what ends a form.
    About(u64),
    /// Nothing.
    Unknown,
}

/// Where an upload goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A new file at this path, which must be free.
    New(LogicalPath),
    /// A new file named like this, with a number where that is taken.
    Named(LogicalPath),
    /// This path: a new version where a file is there, else a new file.
    At(LogicalPath, ContentCondition),
}

/// What must hold of the content that is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ContentCondition {
    /// Anything.
    #[default]
    None,
    /// There is none yet (`If-None-Match: *`).
    Absent,
    /// There is some (`If-Match: *`).
    Present,
    /// It is one of these (`If-Match` with entity tags).
    OneOf(Vec<Digest>),
}

/// What an upload left: a version whose processing is pending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The file.
    pub file_id: FileId,
    /// Where it is.
    pub path: LogicalPath,
    /// The number of the version.
    pub version: u32,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Its SHA-256.
    pub digest: Digest,
    /// Whether the file is new.
    pub created: bool,
}

/// The answer to a path that is not free.
pub(super) fn taken() -> Error {
    Error::AlreadyExists("there is a file at this path".to_owned())
}

impl ContentCondition {
    /// Holds the condition against the newest content that is there: what is
    /// still under validation counts, or two who hold the same tag would both
    /// be let through.
    pub(super) async fn check(&self, store: &dyn TenantStore, file: Option<&File>) -> Result<()> {
        let holds = match (self, file) {
            (Self::None, _) | (Self::Absent, None) | (Self::Present, Some(_)) => true,
            (Self::OneOf(digests), Some(file)) => digests.contains(&newest(store, file).await?),
            _ => false,
        };
        if holds {
            Ok(())
        } else {
            Err(Error::PreconditionFailed)
        }
    }
}

/// The digest of a file's newest version, or while that has failed of what is
/// served.
async fn newest(store: &dyn TenantStore, file: &File) -> Result<Digest> {
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
