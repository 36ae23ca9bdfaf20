//! How ports fail.

use std::{error::Error as StdError, fmt, sync::Arc};

use thiserror::Error;

use crate::work::Kind;

/// A failure of an outside part. `context` names the operation and is safe to
/// log; `source` is for the log alone and never reaches a client.
#[derive(Debug, Clone)]
pub struct PortError {
    /// What went wrong, as far as the caller can act on it.
    pub kind: PortErrorKind,
    /// What was being done, lower case, without a full stop.
    pub context: String,
    /// The technology's own error.
    pub source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The closed list of what can go wrong with an outside part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortErrorKind {
    /// What was asked for is not there, and the caller said it must be.
    NotFound,
    /// The part cannot be reached or answers that it cannot serve now. The
    /// outcome of a write that ends so is unknown.
    Unavailable,
    /// A queue is full or too many wait: nothing was done.
    Busy,
    /// What was read is not what was once written.
    Corrupt,
    /// The part does not have this ability.
    Unsupported,
    /// Anything else: a fault in the adapter or its configuration.
    Internal,
}

impl PortError {
    /// A failure without a deeper cause.
    pub fn new(kind: PortErrorKind, context: impl Into<String>) -> Self {
        Self {
            kind,
            context: context.into(),
            source: None,
        }
    }

    /// The same failure with the technology's own error below it.
    #[must_use]
    pub fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Whether the same call may succeed a little later.
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

/// Why a unit of work was not applied.
#[derive(Debug, Clone, Error)]
pub enum CommitError {
    /// An expectation did not hold: nothing of the unit was applied.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The store failed. After [`PortErrorKind::Busy`] nothing was applied;
    /// after [`PortErrorKind::Unavailable`] the outcome is unknown.
    #[error(transparent)]
    Failed(#[from] PortError),
}

/// The first expectation that did not hold, in the order missing → stale →
/// duplicate → quota, the same on every store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A row to change or remove is not there (or a tenant is not active).
    #[error("{0} is missing")]
    Missing(Kind),
    /// A row has been written since it was read.
    #[error("{0} is stale")]
    Stale(Kind),
    /// A row with the same key is there already.
    #[error("{0} is taken")]
    Duplicate(UniqueKey),
    /// The movement would take more bytes than are left.
    #[error("the storage quota is exceeded")]
    Quota,
}

/// The keys that are unique, besides each kind's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UniqueKey {
    /// The id of a row.
    Id(Kind),
    /// An e-mail address among all people.
    IdentityEmail,
    /// A username among all people.
    IdentityUsername,
    /// A tenant's name.
    TenantName,
    /// A tenant's subdomain.
    TenantSubdomain,
    /// A role's name in its tenant.
    RoleName,
    /// A path in its space.
    FilePath,
    /// A version's number in its file.
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
