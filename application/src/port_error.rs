//! The error of ports.

use std::{error::Error as StdError, fmt, sync::Arc};

/// A failure outside the application. `context` names the operation and is safe
/// to log; `source` is only for the log and never reaches a client.
#[derive(Debug, Clone)]
pub struct PortError {
    /// The kind of failure, on which callers decide.
    pub kind: PortErrorKind,
    /// The operation that failed, in lowercase, without a full stop.
    pub context: String,
    /// The underlying error.
    pub source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The kinds of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortErrorKind {
    /// Something that the caller requires does not exist.
    NotFound,
    /// The other side cannot be reached or cannot serve the request now. The
    /// outcome of a write is unknown.
    Unavailable,
    /// A queue is full or there are too many waiting tasks. Nothing was done.
    Busy,
    /// Stored data differs from the data that was written.
    Corrupt,
    /// The capability is not supported.
    Unsupported,
    /// Any other failure: a bug in the adapter or a wrong configuration.
    Internal,
}

impl PortError {
    /// Creates an error without a source.
    pub fn new(kind: PortErrorKind, context: impl Into<String>) -> Self {
        Self {
            kind,
            context: context.into(),
            source: None,
        }
    }

    /// Adds the underlying error.
    #[must_use]
    pub fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Returns whether the same call may succeed later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self.kind, PortErrorKind::Unavailable | PortErrorKind::Busy)
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)
    }
}

impl StdError for PortError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_ref()
            .map(|source| source.as_ref() as &(dyn StdError + 'static))
    }
}
