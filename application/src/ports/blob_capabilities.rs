//! What a store of bytes can do beside storing them, and what it was found to
//! do.

use std::{fmt, time::Duration};

use tenantry_domain::{Timestamp, media_type::MediaType};

use super::BlobKey;

/// What a store of bytes can do, the same for as long as it is open. Ranges
/// and checksums are no question: every store has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobCapabilities {
    /// What it is: the value of `kind` in its section of the configuration.
    pub kind: &'static str,
    /// Whether it takes a large object in parts.
    pub multipart: bool,
    /// Whether it refuses by itself to replace an object, also when two write
    /// it at the same time. An object in parts is looked for first, no more.
    pub conditional_write: bool,
    /// Whether what a crash leaves of unfinished writes is swept, or ends by
    /// itself. Where not, a rule of the service has to end it.
    pub ends_unfinished: bool,
    /// What its signed addresses bind; `None` where it makes none, and the
    /// service makes them instead.
    pub presign: Option<PresignCapability>,
}

/// What a signed address for writing binds. Every one binds method, object and
/// end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresignCapability {
    /// Whether other sizes are refused.
    pub binds_size: bool,
    /// Whether other types are refused.
    pub binds_content_type: bool,
    /// Whether it replaces nothing, and so is good once.
    pub binds_absence: bool,
}

/// A request that somebody else is to make without any other credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignRequest {
    /// The object.
    pub key: BlobKey,
    /// What may be done with it.
    pub access: PresignAccess,
    /// How long it may be done: whole seconds, from one to
    /// [`LONGEST`](Self::LONGEST); what lies outside becomes the nearest.
    pub expires_in: Duration,
}

impl PresignRequest {
    /// The longest time a signed address is good.
    pub const LONGEST: Duration = Duration::from_hours(1);

    /// How long it is good, within the bounds.
    pub fn lifetime(&self) -> Duration {
        let seconds = self.expires_in.as_secs();
        Duration::from_secs(seconds.clamp(1, Self::LONGEST.as_secs()))
    }
}

/// What a signed address is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresignAccess {
    /// To read the object.
    Get,
    /// To write it.
    Put {
        /// With so many bytes.
        size_bytes: u64,
        /// Of this type.
        content_type: MediaType,
    },
}

/// A signed request. Whoever has it can make it: neither it nor its address
/// belongs into a log, and debug output leaves that out.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedRequest {
    /// `GET` or `PUT`.
    pub method: &'static str,
    /// Where.
    pub url: String,
    /// The headers it must carry, exactly so.
    pub headers: Vec<(String, String)>,
    /// When it ends.
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

/// One thing that was tried on a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobCheck {
    /// What: `write`, `read`, `range`, in `snake_case`.
    pub name: &'static str,
    /// How it went.
    pub outcome: CheckOutcome,
    /// What to do about it, or what to know, in one line without secrets;
    /// empty where there is nothing to say.
    pub advice: String,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckOutcome {
    /// As it should.
    Ok,
    /// It did not work, and files suffer or will.
    Failed,
    /// The store does not have this, or it could not be tried.
    NotSupported,
}

impl CheckOutcome {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::NotSupported => "not_supported",
        }
    }
}
