//! Where bytes lie.

use std::{fmt, ops::Range, str::FromStr, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use tenantry_domain::{
    Invalid, Timestamp,
    blob::Content,
    id::{BlobId, TenantId},
};
use thiserror::Error;

use super::{BlobCapabilities, BlobCheck, PortError, PresignRequest, PresignedRequest};

/// Stores and serves bytes under keys that this service makes. Bytes are
/// written once and never change.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Stores a body and returns what it was, hashed as it passed. When this
    /// returns the bytes are whole and durable; before that nothing is visible
    /// under the key. More than `limit` bytes end with
    /// [`PutError::TooLarge`] as soon as they are seen. On any error, and when
    /// the future is dropped, nothing stays under the key; what an abrupt end
    /// of the process leaves is for [`sweep_staging`](Self::sweep_staging) and
    /// [`end_unfinished`](Self::end_unfinished).
    ///
    /// A key is used once. Where bytes lie under it already, they stay as they
    /// are and the put fails with [`Internal`](super::PortErrorKind::Internal);
    /// of two puts of one key at the same time, a backend that cannot tell
    /// them apart may let both succeed.
    ///
    /// Memory is bounded, whatever the size of the body.
    async fn put(&self, key: BlobKey, body: BlobBody, limit: u64) -> Result<Content, PutError>;

    /// Reads a body to its end and returns what it is, as [`put`](Self::put)
    /// would, and stores nothing. More than `limit` bytes end with
    /// [`PutError::TooLarge`].
    async fn digest(&self, body: BlobBody, limit: u64) -> Result<Content, PutError>;

    /// Streams the bytes of `range` (within the content's size). Every piece
    /// is checked against the content's checksums before it leaves; a
    /// damaged one ends the stream with [`Corrupt`]. Absent bytes are
    /// [`NotFound`] here, before the stream begins.
    ///
    /// [`Corrupt`]: super::PortErrorKind::Corrupt
    /// [`NotFound`]: super::PortErrorKind::NotFound
    async fn read(
        &self,
        key: BlobKey,
        content: &Content,
        range: Range<u64>,
    ) -> Result<BlobStream, PortError>;

    /// Reads everything back and holds size, checksums and digest against the
    /// content. Damage is [`Corrupt`], absence [`NotFound`].
    ///
    /// [`Corrupt`]: super::PortErrorKind::Corrupt
    /// [`NotFound`]: super::PortErrorKind::NotFound
    async fn verify(&self, key: BlobKey, content: &Content) -> Result<(), PortError>;

    /// Size in bytes; `None` where nothing is stored under the key.
    async fn size(&self, key: BlobKey) -> Result<Option<u64>, PortError>;

    /// Deletes. Deleting what is not there succeeds.
    async fn delete(&self, key: BlobKey) -> Result<(), PortError>;

    /// Everything stored, in any order. What is added or removed meanwhile may
    /// or may not be seen. Foreign objects are left out.
    fn list(&self) -> BoxStream<'static, Result<BlobEntry, PortError>>;

    /// Removes what interrupted writes left, if it is older than `age`, and
    /// says what. Never touches what is visible under a key, or may still be
    /// on its way there.
    async fn sweep_staging(&self, age: Duration) -> Result<Swept, PortError>;

    /// Ends what unfinished writes left of a key, and says how many. None is
    /// finished any more after that. Whatever is stored under the key stays.
    async fn end_unfinished(&self, key: BlobKey) -> Result<u64, PortError>;

    /// Writes, reads and deletes a small object of its own, within 2 s;
    /// [`Unavailable`](super::PortErrorKind::Unavailable) where that is not
    /// enough.
    async fn probe(&self) -> Result<(), PortError>;

    /// What this store can do.
    fn capabilities(&self) -> BlobCapabilities;

    /// Signs a request that a client makes past this service.
    /// [`Unsupported`](super::PortErrorKind::Unsupported) where
    /// [`capabilities`](Self::capabilities) name no such ability.
    async fn presign(&self, request: &PresignRequest) -> Result<PresignedRequest, PortError>;

    /// Tries all of it on objects of its own, some 9 MiB of bytes, and says
    /// how each went. Leaves nothing behind where it may delete.
    async fn examine(&self) -> Vec<BlobCheck>;
}

/// What a sweep of a store removed, and what it left.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Swept {
    /// How many pieces are gone.
    pub pieces: u64,
    /// Keys of which a write began as long ago and is not finished, as far as
    /// the store shows such; of very many the next sweep tells. It may be
    /// under way all the same: only records tell.
    pub unfinished: Vec<BlobKey>,
}

/// A body on its way in.
pub type BlobBody = BoxStream<'static, Result<Bytes, BodyError>>;

/// Bytes on their way out.
pub type BlobStream = BoxStream<'static, Result<Bytes, PortError>>;

/// Why a body did not arrive whole.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BodyError {
    /// The connection ended first.
    #[error("the body ended early")]
    Cut,
    /// It made no progress for too long.
    #[error("the body made no progress")]
    Stalled,
    /// Its framing (chunks, form parts) is broken.
    #[error("the body is malformed: {0}")]
    Malformed(String),
    /// The person lost the right to store it while it was under way.
    #[error("the right to upload was revoked")]
    Revoked,
}

/// Why a body was not stored.
#[derive(Debug, Clone, Error)]
pub enum PutError {
    /// It did not arrive whole.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// It is larger than allowed.
    #[error("the body has more than {limit} bytes")]
    TooLarge {
        /// What was allowed, in bytes.
        limit: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// The name of bytes in a store: `t/<tenant>/<blob>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlobKey {
    /// The tenant they belong to.
    pub tenant_id: TenantId,
    /// The blob they are of.
    pub blob_id: BlobId,
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t/{}/{}", self.tenant_id, self.blob_id)
    }
}

impl FromStr for BlobKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let not_ours = || Invalid::format("must be t/<tenant>/<blob>");
        let (tenant, blob) = text
            .strip_prefix("t/")
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(not_ours)?;
        let key = Self {
            tenant_id: tenant.parse()?,
            blob_id: blob.parse()?,
        };
        // Ids read in either case, keys are written in one.
        if key.to_string() == text {
            Ok(key)
        } else {
            Err(not_ours())
        }
    }
}

/// One object of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobEntry {
    /// Its name.
    pub key: BlobKey,
    /// Its size.
    pub size_bytes: u64,
    /// When it was written, by the store's clock.
    pub modified_at: Timestamp,
}
