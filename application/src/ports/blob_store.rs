//! Storage of blob content.

use std::{ops::Range, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use tenantry_domain::{Timestamp, blob::Content};
use thiserror::Error;

use super::{BlobCapabilities, BlobCheck, BlobKey, PortError, PresignRequest, PresignedRequest};

/// Stores and reads immutable objects under keys chosen by this service.
///
/// # Errors
///
/// [`Unavailable`]: the backend cannot be reached or cannot serve the request
/// now; the call may be retried. This includes a directory or `WebDAV`
/// collection that loses its content while the store is open, since its disk
/// may only be unmounted.
///
/// [`Internal`]: a retry does not help. This includes rejected credentials,
/// missing permissions, and a bucket or container that does not exist.
///
/// No method takes a missing location for the absence of an object.
///
/// [`Unavailable`]: super::PortErrorKind::Unavailable
/// [`Internal`]: super::PortErrorKind::Internal
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Stores `body` and returns its size and checksums, computed while
    /// streaming. When this returns, the object is complete and durable; until
    /// then it is not visible. A body of more than `limit` bytes fails with
    /// [`PutError::TooLarge`] as soon as the limit is exceeded. Memory use is
    /// bounded, regardless of the size of the body.
    ///
    /// A key is used only once. An existing object is kept and the put fails
    /// with [`Internal`](super::PortErrorKind::Internal). Two concurrent puts
    /// of one key may both succeed where the backend cannot detect the
    /// conflict: see
    /// [`conditional_write`](BlobCapabilities::conditional_write).
    ///
    /// # Cancellation
    ///
    /// After an error, or when the future is dropped, no object remains under
    /// the key. This cleanup runs in the background: a final step that has
    /// begun runs to its end and is then undone, so that the object may be
    /// visible for a moment. If the cleanup fails or the process ends first,
    /// the object remains until it is [deleted](Self::delete), and parts or
    /// staging files remain until [`sweep_staging`](Self::sweep_staging) or
    /// [`abort_unfinished`](Self::abort_unfinished) removes them.
    async fn put(&self, key: BlobKey, body: BlobBody, limit: u64) -> Result<Content, PutError>;

    /// Reads `body` to its end and returns its size and checksums as
    /// [`put`](Self::put) would, without storing it. A body of more than
    /// `limit` bytes fails with [`PutError::TooLarge`]. Dropping the future
    /// stops reading and leaves nothing behind.
    async fn digest(&self, body: BlobBody, limit: u64) -> Result<Content, PutError>;

    /// Streams the bytes of `range`, which must lie within the content's size.
    /// Every piece is verified before it is returned; a damaged or missing one
    /// ends the stream with [`Corrupt`]. A missing object fails with
    /// [`NotFound`] before the stream begins.
    ///
    /// [`Corrupt`]: super::PortErrorKind::Corrupt
    /// [`NotFound`]: super::PortErrorKind::NotFound
    async fn read(
        &self,
        key: BlobKey,
        content: &Content,
        range: Range<u64>,
    ) -> Result<BlobStream, PortError>;

    /// Reads the whole object and compares size, checksums and digest with
    /// `content`. Damage fails with [`Corrupt`], absence with [`NotFound`].
    ///
    /// [`Corrupt`]: super::PortErrorKind::Corrupt
    /// [`NotFound`]: super::PortErrorKind::NotFound
    async fn verify(&self, key: BlobKey, content: &Content) -> Result<(), PortError>;

    /// Returns the size in bytes; `None` if the object does not exist.
    async fn size(&self, key: BlobKey) -> Result<Option<u64>, PortError>;

    /// Deletes the object; deleting a missing object succeeds.
    async fn delete(&self, key: BlobKey) -> Result<(), PortError>;

    /// Lists all objects, in any order. Objects added or deleted meanwhile may
    /// or may not be included; foreign objects are skipped.
    fn list(&self) -> BoxStream<'static, Result<BlobEntry, PortError>>;

    /// Removes leftovers of interrupted writes that are older than `age`.
    /// Visible objects are never removed. Writes in progress are recognized by
    /// a lock or in memory where the backend can do so, otherwise only by their
    /// age.
    ///
    /// Age is measured between this process's clock and the modification time
    /// (of a multipart upload, the start time) recorded by the backend's clock;
    /// a difference between the clocks adds to or subtracts from it, so that
    /// `age` must be much larger than any such difference.
    async fn sweep_staging(&self, age: Duration) -> Result<SweepResult, PortError>;

    /// Aborts the unfinished multipart uploads of `key` and returns their
    /// number. An existing object is kept.
    ///
    /// An aborted upload can no longer finish: its [`put`](Self::put) fails
    /// with [`Unavailable`](super::PortErrorKind::Unavailable). If its last
    /// step comes first, the object is stored and kept. Where a backend cannot
    /// list uploads, and for writes in a single request, this does nothing and
    /// returns 0, and a put in progress may still finish.
    async fn abort_unfinished(&self, key: BlobKey) -> Result<u64, PortError>;

    /// Writes, reads and deletes a small temporary object. Fails with
    /// [`Unavailable`](super::PortErrorKind::Unavailable) after 2 seconds.
    async fn probe(&self) -> Result<(), PortError>;

    /// Returns the store's capabilities.
    fn capabilities(&self) -> BlobCapabilities;

    /// Presigns a request, with which a client accesses the backend directly.
    /// Fails with [`Unsupported`](super::PortErrorKind::Unsupported) if
    /// [`capabilities`](Self::capabilities) has no `presign`.
    async fn presign(&self, request: &PresignRequest) -> Result<PresignedRequest, PortError>;

    /// Checks every capability on temporary objects, about 9 MiB in total, and
    /// returns the results. Leaves no object behind if it is allowed to delete.
    async fn examine(&self) -> Vec<BlobCheck>;
}

/// The result of a sweep.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SweepResult {
    /// The number of leftovers removed.
    pub pieces: u64,
    /// The keys of writes that began more than the given age ago and are
    /// unfinished, if the backend can list them; of very many, the rest is left
    /// to the next sweep. A write may still be in progress: its blob record
    /// decides.
    pub unfinished: Vec<BlobKey>,
}

/// A request body.
pub type BlobBody = BoxStream<'static, Result<Bytes, BodyError>>;

/// A stream of stored bytes.
pub type BlobStream = BoxStream<'static, Result<Bytes, PortError>>;

/// The reason a body was not received completely.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BodyError {
    /// The connection was closed early.
    #[error("the request body ended early")]
    Cut,
    /// No bytes arrived for too long.
    #[error("the request body timed out")]
    Stalled,
    /// The framing (chunks, form parts) is invalid.
    #[error("the request body is malformed: {0}")]
    Malformed(String),
    /// The user lost the permission to upload meanwhile.
    #[error("the permission to upload was revoked")]
    Revoked,
}

/// The reason a body was not stored.
#[derive(Debug, Clone, Error)]
pub enum PutError {
    /// The body was not received completely.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The body exceeds the limit.
    #[error("the request body exceeds {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// An object in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobEntry {
    /// The key.
    pub key: BlobKey,
    /// The size in bytes.
    pub size_bytes: u64,
    /// The time of the last modification, by the backend's clock.
    pub modified_at: Timestamp,
}
