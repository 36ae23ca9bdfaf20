//! The contract between the store and its backends: storing objects, without
//! hashing and verification.

use std::{fmt, ops::Range, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use tenantry_application::ports::{
    BlobCapabilities, BlobEntry, BlobStream, PortError, PortErrorKind, PresignAccess,
    PresignedRequest, SweepResult,
};
use tenantry_domain::{Timestamp, blob::Content};

use crate::name::ObjectName;

/// Whether the bytes of a range are read before they are requested, within the
/// limit on memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefetch {
    /// The whole range will be read; the memory for read-ahead is acquired.
    Yes,
    /// Memory is short; the range is small.
    No,
}

/// A place that stores objects. No method replaces an existing object.
#[async_trait]
pub(crate) trait Backend: fmt::Debug + Send + Sync {
    /// Stores a body that is completely in memory, and returns its content. The
    /// object is durable when this returns.
    async fn put_whole(&self, name: ObjectName, body: Bytes) -> Result<Content, PortError>;

    /// Begins the upload of a larger body.
    async fn begin_upload(&self, name: ObjectName) -> Result<Box<dyn Upload>, PortError>;

    /// Opens a non-empty range for reading, in buffers of any size. A missing
    /// object is an error; the stream of a shorter object ends early.
    async fn open(
        &self,
        name: ObjectName,
        range: Range<u64>,
        prefetch: Prefetch,
    ) -> Result<BlobStream, PortError>;

    /// Returns whether [`open`](Self::open) reads in buffers of
    /// [`CHUNK_BYTES`](crate::chunk_pool::CHUNK_BYTES) that share no memory with
    /// others. Otherwise a small buffer may keep a large one alive, and is
    /// copied.
    fn reads_chunks(&self) -> bool {
        false
    }

    /// Returns the size in bytes, or `None` if the object does not exist.
    async fn size(&self, name: ObjectName) -> Result<Option<u64>, PortError>;

    /// Deletes the object; deleting a missing object succeeds.
    async fn delete(&self, name: ObjectName) -> Result<(), PortError>;

    /// Lists all blobs.
    fn list(&self) -> BoxStream<'static, Result<BlobEntry, PortError>>;

    /// Deletes probes and the remains of interrupted writes from before
    /// `before`. Unfinished writes of blobs are reported instead if the backend
    /// can list them.
    async fn sweep(&self, before: Timestamp) -> Result<SweepResult, PortError>;

    /// Returns whether the backend can list unfinished writes. Otherwise the
    /// sweep deletes them, or they expire, or a lifecycle rule is needed.
    fn lists_unfinished(&self) -> bool {
        false
    }

    /// Aborts the unfinished writes of an object and returns their number.
    async fn abort_unfinished(&self, _name: ObjectName) -> Result<u64, PortError> {
        Ok(0)
    }

    /// Returns the capabilities.
    fn capabilities(&self) -> BlobCapabilities;

    /// Presigns a request, if supported.
    async fn presign(
        &self,
        _name: ObjectName,
        _access: &PresignAccess,
        _lifetime: Duration,
    ) -> Result<PresignedRequest, PortError> {
        let context = "this storage does not support presigned requests";
        Err(PortError::new(PortErrorKind::Unsupported, context))
    }

    /// Sends a presigned request as a client would, and returns the response
    /// body.
    async fn send_presigned(
        &self,
        _request: PresignedRequest,
        _body: Bytes,
    ) -> Result<Bytes, PortError> {
        let context = "this storage does not support presigned requests";
        Err(PortError::new(PortErrorKind::Unsupported, context))
    }

    /// Returns the clock skew measured at the last response.
    fn clock_skew(&self) -> Option<Duration> {
        None
    }
}

/// An upload in progress. The object becomes visible when finished; dropping
/// the upload before that removes the bytes written.
#[async_trait]
pub(crate) trait Upload: Send {
    /// Appends bytes. After an error, or when the future is dropped, the upload
    /// can only be dropped.
    async fn write(&mut self, chunk: Bytes) -> Result<(), PortError>;

    /// Makes the object durable, then visible.
    async fn finish(self: Box<Self>) -> Result<(), PortError>;
}
