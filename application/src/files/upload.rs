//! Uploading a file.

use tenantry_domain::{
    blob::Digest,
    file::{Bucket, File, Place},
    media_type::MediaType,
    path::LogicalPath,
    policy::file_access::FileAction,
    tags::Tags,
    version::FileVersion,
};
use uuid::Uuid;

use super::{
    place, publish,
    receive::{discard, receive},
};
use crate::{
    caller::Caller,
    error::{Error, Result, Thing},
    ports::{BlobBody, TenantStore},
    services::Services,
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

/// What an upload left.
#[derive(Debug, Clone, PartialEq)]
pub struct Uploaded {
    /// The file, with its newest version.
    pub file: File,
    /// That version, whose processing is pending.
    pub version: FileVersion,
    /// Whether the file is new.
    pub created: bool,
}

/// Stores a file, or a new version of one. Everything that can be refused
/// without the bytes is refused before the first one is read.
pub async fn upload(on: &Services, caller: &Caller, upload: Upload) -> Result<Uploaded> {
    let place = place::resolve(caller, upload.bucket, upload.bucket_id)?;
    caller.require_file(FileAction::Write, place, Thing::Bucket)?;
    let store = on.store.open(caller.tenant).await?;
    refuse_early(store.as_ref(), place, &upload.target).await?;
    let received = receive(on, caller, store.as_ref(), upload.body, upload.length).await?;
    let size = received.content.size_bytes;
    if matches!(upload.length, Length::Exact(bytes) if bytes != size) {
        discard(on, store.as_ref(), &received.blob).await;
        return Err(Error::Malformed(
            "the body is not as long as it was declared".to_owned(),
        ));
    }
    let wanted = publish::Wanted {
        place,
        target: upload.target,
        tags: upload.tags,
        declared_type: upload.declared_type,
    };
    publish::publish(on, caller, store.as_ref(), received, wanted).await
}

/// What the last commit would refuse anyway is refused before the bytes are
/// sent; the last commit decides all the same.
async fn refuse_early(store: &dyn TenantStore, place: Place, target: &Target) -> Result<()> {
    match target {
        Target::Named(_) | Target::At(_, ContentCondition::None) => Ok(()),
        Target::New(path) => match store.files().find_by_path(place, path).await? {
            Some(_) => Err(taken()),
            None => Ok(()),
        },
        Target::At(path, condition) => {
            let file = store.files().find_by_path(place, path).await?;
            condition.check(file.as_ref())
        }
    }
}

/// The answer to a path that is not free.
pub(super) fn taken() -> Error {
    Error::AlreadyExists("there is a file at this path".to_owned())
}

impl ContentCondition {
    /// Holds the condition against the file that is there.
    pub(super) fn check(&self, file: Option<&File>) -> Result<()> {
        let holds = match (self, file) {
            (Self::None, _) | (Self::Absent, None) | (Self::Present, Some(_)) => true,
            (Self::OneOf(digests), Some(file)) => digests.contains(&file.head.digest),
            _ => false,
        };
        if holds {
            Ok(())
        } else {
            Err(Error::PreconditionFailed)
        }
    }
}
