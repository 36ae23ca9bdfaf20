//! Names of objects: made here, never by a client.

use std::fmt;

use object_store::path::Path;
use tenantry_application::ports::BlobKey;
use uuid::Uuid;

/// What an object is called in every backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectName {
    /// `t/<tenant>/<blob>`.
    Blob(BlobKey),
    /// `probe/<uuid>`: not listed, soon deleted.
    Probe(Uuid),
}

/// The first part of all blobs' names.
pub(crate) const BLOBS: &str = "t";
/// The first part of all probes' names.
pub(crate) const PROBES: &str = "probe";
/// The object that says that blobs are kept here.
#[cfg(feature = "network")]
pub(crate) const MARK: &str = "tenantry";
#[cfg(feature = "network")]
pub(crate) const MARK_TEXT: &[u8] =
    b"Files of Tenantry lie under t/. Their service looks for this object.\n";

impl ObjectName {
    pub(crate) fn object_path(self) -> Path {
        Path::from(self.to_string())
    }

    /// Reads a name as it is written here; `None` for a foreign one.
    #[cfg(feature = "s3")]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let probe = text.strip_prefix(PROBES);
        let name = match probe.and_then(|rest| rest.strip_prefix('/')) {
            Some(id) => Self::Probe(id.parse().ok()?),
            None => Self::Blob(text.parse().ok()?),
        };
        Some(name).filter(|name| name.to_string() == text)
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blob(key) => key.fmt(f),
            Self::Probe(id) => write!(f, "{PROBES}/{}", id.hyphenated()),
        }
    }
}
