//! Errors of ports.

use std::fmt;

use thiserror::Error;

use crate::{port_error::PortError, work::Kind};

/// The reason a unit of work was not applied.
#[derive(Debug, Clone, Error)]
pub enum CommitError {
    /// An expectation did not hold. Nothing was applied.
    #[error("commit refused: {0}")]
    Refused(Refusal),
    /// The store failed. Nothing was applied after [`Busy`](super::PortErrorKind::Busy); the
    /// outcome is unknown after [`Unavailable`](super::PortErrorKind::Unavailable).
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
    /// A project's name within its tenant.
    ProjectName,
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
            Self::ProjectName => f.write_str("the project's name"),
            Self::VersionNumber => f.write_str("the version's number"),
            Self::IdempotencyKey => f.write_str("the idempotency key"),
        }
    }
}
