//! Errors of ports.

use std::{error::Error as StdError, fmt, sync::Arc};

use thiserror::Error;

use crate::work::Kind;

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

/// The reason a unit of work was not applied.
#[derive(Debug, Clone, Error)]
pub enum CommitError {
    /// An expectation did not hold. Nothing was applied.
    #[error("commit refused: {0}")]
    Refused(Refusal),
    /// The store failed. Nothing was applied after [`PortErrorKind::Busy`]; the
    /// outcome is unknown after [`PortErrorKind::Unavailable`].
    #[error(transparent)]
    Failed(#[from] PortError),
}

/// The first expectation that did not hold, in the order missing → stale →
/// duplicate → quota, which is the same on every store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A row to update or remove does not exist, or a tenant is not active.
    #[error("{0} is missing")]
    Missing(Kind),
    /// A row was written since it was read.
    #[error("{0} is stale")]
    Stale(Kind),
    /// A row with the same key exists.
    #[error("{0} is taken")]
    Duplicate(UniqueKey),
    /// The movement would exceed the quota.
    #[error("the storage quota is exceeded")]
    Quota,
}

/// The unique keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UniqueKey {
    /// The id of a row.
    Id(Kind),
    /// A user's e-mail address.
    IdentityEmail,
    /// A user's username.
    IdentityUsername,
    /// A tenant's name.
    TenantName,
    /// A tenant's subdomain.
    TenantSubdomain,
    /// A role's name within its tenant.
    RoleName,
    /// A file's path within its space.
    FilePath,
    /// A version's number within its file.
    VersionNumber,
    /// An idempotency key of a caller for an operation.
    IdempotencyKey,
}

impl fmt::Display for UniqueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(kind) => write!(f, "the id of the {kind}"),
            Self::IdentityEmail => f.write_str("the e-mail address"),
            Self::IdentityUsername => f.write_str("the username"),
            Self::TenantName => f.write_str("the tenant's name"),
            Self::TenantSubdomain => f.write_str("the subdomain"),
            Self::RoleName => f.write_str("the role's name"),
            Self::FilePath => f.write_str("the path"),
            Self::VersionNumber => f.write_str("the version's number"),
            Self::IdempotencyKey => f.write_str("the idempotency key"),
        }
    }
}
