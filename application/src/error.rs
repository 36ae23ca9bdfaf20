//! The error of use cases: typed values with a stable code.

use std::time::Duration;

use tenantry_domain::{Invalid, InvalidTransition};
use thiserror::Error;

use crate::{
    ports::{BodyError, CommitError, PortError, PortErrorKind, PutError, Refusal, UniqueKey},
    work::Kind,
};

/// The result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The reason a use case failed.
#[derive(Debug, Clone, Error)]
pub enum Error {
    /// One or more values are not valid.
    #[error("the request has invalid values")]
    Invalid(Vec<FieldError>),
    /// The request is inconsistent, or its body is incomplete.
    #[error("{0}")]
    Malformed(String),
    /// The credentials are not valid; the message does not say which.
    #[error("the credentials are not valid")]
    Unauthorized,
    /// The token has expired.
    #[error("the token has expired")]
    TokenExpired,
    /// The caller lacks a permission.
    #[error("{0}")]
    AccessDenied(String),
    /// The storage quota has too little space.
    #[error("the storage quota is exceeded")]
    QuotaExceeded,
    /// The tenant has the maximum number of file versions.
    #[error("the organization has the maximum of {limit} file versions; delete files")]
    TooManyVersions {
        /// The maximum number.
        limit: u64,
    },
    /// The resource does not exist, or the caller may not see it.
    #[error("the {} does not exist", .0.as_str())]
    NotFound(Thing),
    /// A unique key is taken.
    #[error("{0}")]
    AlreadyExists(String),
    /// The resource was changed concurrently.
    #[error("the resource was changed concurrently")]
    VersionConflict,
    /// The state of the resource does not allow the operation.
    #[error("{0}")]
    StateConflict(String),
    /// The idempotency key was used for a different request.
    #[error("the idempotency key was used for a different request")]
    IdempotencyMismatch,
    /// The first request with the idempotency key is still running.
    #[error("the first request with this idempotency key is still running")]
    IdempotencyInFlight,
    /// A precondition of the request does not hold.
    #[error("a precondition of the request does not hold")]
    PreconditionFailed,
    /// The file is too large.
    #[error("the file is larger than {limit_bytes} bytes")]
    FileTooLarge {
        /// The maximum size in bytes.
        limit_bytes: u64,
    },
    /// The range is outside the content.
    #[error("the range is outside the {size_bytes} bytes of the content")]
    RangeNotSatisfiable {
        /// The size of the content in bytes.
        size_bytes: u64,
    },
    /// The rate limit is exceeded.
    #[error("too many requests")]
    RateLimited {
        /// The time to wait before a retry.
        retry_after: Duration,
    },
    /// A queue is full; nothing was done.
    #[error("the service is busy")]
    Busy,
    /// The metadata store is unavailable.
    #[error("the database is unavailable")]
    DatabaseUnavailable(#[source] PortError),
    /// The blob store is unavailable.
    #[error("the file storage is unavailable")]
    StorageUnavailable(#[source] PortError),
    /// A bug or corrupt data. The source is logged and never sent to a client.
    #[error("an internal error occurred")]
    Internal(#[source] PortError),
}

/// Declares the resources that a client can look up.
macro_rules! things {
    ($($thing:ident = $name:literal;)+) => {
        /// A resource that a client can look up.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Thing {
            $(#[doc = concat!("A ", $name, ".")] $thing,)+
        }

        impl Thing {
            /// Every resource.
            pub const ALL: &'static [Self] = &[$(Self::$thing,)+];

            /// Returns the stable name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$thing => $name,)+
                }
            }

            /// Returns the stable code of a missing resource.
            pub const fn not_found_code(self) -> &'static str {
                match self {
                    $(Self::$thing => concat!($name, "_not_found"),)+
                }
            }
        }
    };
}

things! {
    File = "file";
    Version = "version";
    Bucket = "bucket";
    Tenant = "tenant";
    User = "user";
    Job = "job";
    Project = "project";
}

impl Thing {
    /// Returns the resource of a stored kind; `None` if clients do not look it
    /// up by itself. A missing row then means that it was changed concurrently.
    const fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Identity => Some(Self::User),
            Kind::Tenant => Some(Self::Tenant),
            Kind::File => Some(Self::File),
            Kind::Version => Some(Self::Version),
            Kind::Project => Some(Self::Project),
            Kind::Role
            | Kind::Membership
            | Kind::Session
            | Kind::Blob
            | Kind::Job
            | Kind::Idempotency
            | Kind::Audit
            | Kind::AuditChain
            | Kind::Epoch
            | Kind::Quota => None,
        }
    }
}

/// A value that is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The name of the field in the request.
    pub field: String,
    /// The stable code, in `snake_case`.
    pub code: String,
    /// The message for people.
    pub message: String,
}

impl Error {
    /// Creates the error for one invalid value.
    pub fn field(field: impl Into<String>, invalid: Invalid) -> Self {
        Self::Invalid(vec![FieldError {
            field: field.into(),
            code: invalid.code.to_owned(),
            message: invalid.message,
        }])
    }

    /// Returns the stable code for clients.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::Malformed(_) => "malformed_request",
            Self::Unauthorized => "unauthorized",
            Self::TokenExpired => "token_expired",
            Self::AccessDenied(_) => "access_denied",
            Self::QuotaExceeded | Self::TooManyVersions { .. } => "quota_exceeded",
            Self::NotFound(thing) => thing.not_found_code(),
            Self::AlreadyExists(_) => "already_exists",
            Self::VersionConflict => "version_conflict",
            Self::StateConflict(_) => "state_conflict",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::IdempotencyInFlight => "idempotency_in_flight",
            Self::PreconditionFailed => "precondition_failed",
            Self::FileTooLarge { .. } => "file_too_large",
            Self::RangeNotSatisfiable { .. } => "range_not_satisfiable",
            Self::RateLimited { .. } => "rate_limited",
            Self::Busy => "busy",
            Self::DatabaseUnavailable(_) => "database_unavailable",
            Self::StorageUnavailable(_) => "storage_unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// Creates the error for a bug.
    pub fn internal(context: impl Into<String>) -> Self {
        Self::Internal(PortError::new(PortErrorKind::Internal, context))
    }

    /// Converts an error of the blob store. Missing or damaged bytes are corrupt
    /// data, not a missing resource.
    pub fn storage(error: PortError) -> Self {
        match error.kind {
            PortErrorKind::Unavailable => Self::StorageUnavailable(error),
            PortErrorKind::Busy => Self::Busy,
            _ => Self::Internal(error),
        }
    }
}

impl From<PortError> for Error {
    /// Converts an error of the metadata store, which most ports read.
    fn from(error: PortError) -> Self {
        match error.kind {
            PortErrorKind::Unavailable => Self::DatabaseUnavailable(error),
            PortErrorKind::Busy => Self::Busy,
            _ => Self::Internal(error),
        }
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Failed(error) => error.into(),
            CommitError::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<Refusal> for Error {
    /// Converts a refusal that the use case does not handle.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Quota => Self::QuotaExceeded,
            Refusal::Duplicate(UniqueKey::Id(kind)) => {
                Self::internal(format!("add a {kind}: its new id is taken"))
            }
            Refusal::Duplicate(UniqueKey::IdempotencyKey)
            | Refusal::Missing(Kind::Idempotency)
            | Refusal::Stale(Kind::Idempotency) => Self::IdempotencyInFlight,
            Refusal::Duplicate(key) => Self::AlreadyExists(format!("{key} is taken")),
            Refusal::Missing(kind) => match Thing::of(kind) {
                Some(thing) => Self::NotFound(thing),
                None => Self::VersionConflict,
            },
            Refusal::Stale(_) => Self::VersionConflict,
        }
    }
}

impl From<PutError> for Error {
    fn from(error: PutError) -> Self {
        match error {
            PutError::Body(BodyError::Revoked) => Self::Unauthorized,
            PutError::Body(error) => Self::Malformed(error.to_string()),
            PutError::TooLarge { limit } => Self::FileTooLarge { limit_bytes: limit },
            PutError::Store(error) => Self::storage(error),
        }
    }
}

impl From<InvalidTransition> for Error {
    fn from(error: InvalidTransition) -> Self {
        Self::StateConflict(error.to_string())
    }
}

/// Collects the invalid values of a request.
#[derive(Debug, Default)]
pub struct Checks(Vec<FieldError>);

impl Checks {
    /// Creates an empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the value, or records the error of the field.
    pub fn take<T>(&mut self, field: &str, value: std::result::Result<T, Invalid>) -> Option<T> {
        value.map_err(|invalid| self.note(field, invalid)).ok()
    }

    /// Parses an optional value, or records the error of the field.
    pub fn take_optional<S, T>(
        &mut self,
        field: &str,
        value: Option<S>,
        parse: impl FnOnce(S) -> std::result::Result<T, Invalid>,
    ) -> Option<T> {
        value.and_then(|value| self.take(field, parse(value)))
    }

    /// Records the error of a field.
    pub fn note(&mut self, field: &str, invalid: Invalid) {
        self.0.push(FieldError {
            field: field.to_owned(),
            code: invalid.code.to_owned(),
            message: invalid.message,
        });
    }

    /// Fails with all recorded errors, if any.
    pub fn done(&mut self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(std::mem::take(&mut self.0)))
        }
    }

    /// Returns the value after [`done`](Self::done) succeeds; an absent value is a
    /// bug.
    pub fn require<T>(&mut self, value: Option<T>) -> Result<T> {
        self.done()?;
        value.ok_or_else(|| Error::internal("a checked value is absent"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_rows_are_reported_as_the_resource_of_the_same_name() {
        for kind in Kind::ALL {
            // Clients read jobs, but do not change them.
            if *kind != Kind::Job {
                let mut things = Thing::ALL.iter().copied();
                let named = things.find(|thing| thing.as_str() == kind.noun());
                assert_eq!(Thing::of(*kind), named, "{kind}");
            }
        }
    }
}
