//! The capabilities of a blob store, and the results of checking them.

use std::{fmt, time::Duration};

use tenantry_domain::{Timestamp, media_type::MediaType};

use super::BlobKey;

/// The capabilities of a blob store, constant while it is open. Every store
/// supports ranges and checksums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobCapabilities {
    /// The kind of backend, as configured by `kind`.
    pub kind: &'static str,
    /// Whether a large object is written by a multipart upload: in parts, each
    /// in a separate request, invisible until the upload is completed.
    /// Otherwise it is streamed into one file or request. A small object and a
    /// presigned write are always a single request.
    pub multipart: bool,
    /// Whether the backend itself refuses to replace an object, even if two
    /// writers race. A multipart upload is not covered: the store only checks
    /// that the object does not exist before the upload begins.
    pub conditional_write: bool,
    /// Whether leftovers of interrupted writes are removed by the store's sweep
    /// or expire by themselves. If not, the backend needs a lifecycle rule.
    pub ends_unfinished: bool,
    /// The constraints that presigned requests enforce; `None` if the backend
    /// cannot presign and the service signs and serves such requests itself.
    pub presign: Option<PresignCapability>,
}

/// The constraints that a presigned write enforces, besides method, object and
/// expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresignCapability {
    /// Whether bodies of another size are rejected.
    pub binds_size: bool,
    /// Whether other content types are rejected.
    pub binds_content_type: bool,
    /// Whether an existing object cannot be replaced, so that the request works
    /// only once.
    pub binds_absence: bool,
}

/// A request to presign: to be made by a client without other credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignRequest {
    /// The object.
    pub key: BlobKey,
    /// The operation to allow.
    pub access: PresignAccess,
    /// The lifetime, in whole seconds, clamped to 1 s to
    /// [`MAX_LIFETIME`](Self::MAX_LIFETIME).
    pub expires_in: Duration,
}

impl PresignRequest {
    /// The maximum lifetime of a presigned request.
    pub const MAX_LIFETIME: Duration = Duration::from_hours(1);

    /// Returns the lifetime after clamping.
    pub fn lifetime(&self) -> Duration {
        let seconds = self.expires_in.as_secs();
        Duration::from_secs(seconds.clamp(1, Self::MAX_LIFETIME.as_secs()))
    }
}

/// The operation that a presigned request allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresignAccess {
    /// Read the object.
    Get,
    /// Write the object.
    Put {
        /// The size of the body in bytes.
        size_bytes: u64,
        /// The content type of the body.
        content_type: MediaType,
    },
}

/// A presigned request. It is a credential: neither the request nor its URL may
/// be logged, and debug output omits the URL.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedRequest {
    /// `GET` or `PUT`.
    pub method: &'static str,
    /// The URL.
    pub url: String,
    /// The headers that the request must contain, unchanged.
    pub headers: Vec<(String, String)>,
    /// The expiry time.
    pub expires_at: Timestamp,
}

impl fmt::Debug for PresignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresignedRequest")
            .field("method", &self.method)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// The result of one check of a blob store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobCheck {
    /// The stable name in `snake_case`: `write`, `read`, `range`.
    pub name: &'static str,
    /// The outcome.
    pub outcome: CheckOutcome,
    /// A one-line explanation or remedy without secrets; empty if there is
    /// nothing to add.
    pub advice: String,
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckOutcome {
    /// The check passed.
    Ok,
    /// The check failed; files are or will be affected.
    Failed,
    /// The store lacks this capability, or it could not be checked.
    NotSupported,
}

impl CheckOutcome {
    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::NotSupported => "not_supported",
        }
    }
}
