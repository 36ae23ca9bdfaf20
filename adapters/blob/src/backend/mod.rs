//! What backends do differently: everything below hashing and checking.

#[cfg(feature = "azure")]
pub(crate) mod azure;
#[cfg(feature = "gcs")]
pub(crate) mod gcs;
pub(crate) mod local;
mod memory;
pub(crate) mod objects;
mod placed;
#[cfg(feature = "s3")]
pub(crate) mod s3;
#[cfg(feature = "webdav")]
pub(crate) mod webdav;

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

/// A place for objects. None of its methods replaces an object.
#[async_trait]
pub(crate) trait Backend: fmt::Debug + Send + Sync {
    /// Stores a body that is here as a whole, durable when this returns, and
    /// tells what it is.
    async fn put_whole(&self, name: ObjectName, body: Bytes) -> Result<Content, PortError>;

    /// Begins to store a larger one.
    async fn begin(&self, name: ObjectName) -> Result<Box<dyn Upload>, PortError>;

    /// The bytes of a range that is not empty, in buffers of any size. An
    /// object that is not there is refused here; one that is shorter ends
    /// early.
    async fn open(&self, name: ObjectName, range: Range<u64>) -> Result<BlobStream, PortError>;

    /// The size; `None` where there is no such object.
    async fn size(&self, name: ObjectName) -> Result<Option<u64>, PortError>;

    /// Removes; nothing to remove is fine.
    async fn delete(&self, name: ObjectName) -> Result<(), PortError>;

    /// All blobs.
    fn list(&self) -> BoxStream<'static, Result<BlobEntry, PortError>>;

    /// Removes what interrupted writes and probes left before `before`, but
    /// for writes of blobs that it shows: those it tells of.
    async fn sweep(&self, before: Timestamp) -> Result<SweepResult, PortError>;

    /// Whether it shows unfinished writes; where not, the sweep removes them,
    /// or they end by themselves, or a rule has to end them.
    fn shows_unfinished(&self) -> bool {
        false
    }

    /// Ends what unfinished writes left of a name; says how many.
    async fn abort_unfinished(&self, _name: ObjectName) -> Result<u64, PortError> {
        Ok(0)
    }

    /// What it can do.
    fn capabilities(&self) -> BlobCapabilities;

    /// Signs a request, if it can.
    async fn presign(
        &self,
        _name: ObjectName,
        _access: &PresignAccess,
        _lifetime: Duration,
    ) -> Result<PresignedRequest, PortError> {
        let context = "this storage signs no requests";
        Err(PortError::new(PortErrorKind::Unsupported, context))
    }

    /// Makes a signed request as a client would; answers the body.
    async fn follow(&self, _request: PresignedRequest, _body: Bytes) -> Result<Bytes, PortError> {
        let context = "this storage is not reached by requests";
        Err(PortError::new(PortErrorKind::Unsupported, context))
    }

    /// By how much its clock differed from ours when it last answered.
    fn clock_difference(&self) -> Option<Duration> {
        None
    }
}

/// An object on its way in. Nothing is visible before it is finished; dropped
/// before that, it removes what it has written.
#[async_trait]
pub(crate) trait Upload: Send {
    /// Takes the next bytes. After an error, and when the future is dropped,
    /// the upload can only be dropped.
    async fn write(&mut self, chunk: Bytes) -> Result<(), PortError>;

    /// Makes the object durable and then visible.
    async fn finish(self: Box<Self>) -> Result<(), PortError>;
}
