//! The one error of use cases: values with a meaning and a stable code.

use std::time::Duration;

use tenantry_domain::{Invalid, Refused};
use thiserror::Error;

use crate::{
    ports::{BodyError, CommitError, PortError, PortErrorKind, PutError, Refusal, UniqueKey},
    work::Kind,
};

/// What use cases return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case did not do what was asked.
#[derive(Debug, Clone, Error)]
pub enum Error {
    /// One or more values do not satisfy their types.
    #[error("the request has values that are not valid")]
    Invalid(Vec<FieldError>),
    /// The request does not fit together, or its body is broken.
    #[error("{0}")]
    Malformed(String),
    /// Credentials are wrong, or of no use here; which of them is not told.
    #[error("the credentials are not valid")]
    Unauthorized,
    /// The token was good once.
    #[error("the token has expired")]
    TokenExpired,
    /// The caller may know of the thing, but not do this.
    #[error("{0}")]
    AccessDenied(String),
    /// The tenant's storage quota has no room for it.
    #[error("the storage quota has no room for this")]
    QuotaExceeded,
    /// There is none, or not for this caller.
    #[error("there is no such {}", .0.as_str())]
    NotFound(Thing),
    /// A unique key is taken.
    #[error("{0}")]
    AlreadyExists(String),
    /// Somebody else changed it in the meantime.
    #[error("it has been changed in the meantime")]
    VersionConflict,
    /// Its state does not allow this.
    #[error("{0}")]
    StateConflict(String),
    /// The idempotency key came with another request before.
    #[error("the idempotency key was used for another request")]
    IdempotencyMismatch,
    /// The request that came first with the idempotency key is still running.
    #[error("the first request with this idempotency key is still running")]
    IdempotencyInFlight,
    /// A condition of the request does not hold.
    #[error("a condition of the request does not hold")]
    PreconditionFailed,
    /// The file is larger than allowed.
    #[error("a file may have at most {limit_bytes} bytes")]
    FileTooLarge {
        /// What is allowed.
        limit_bytes: u64,
    },
    /// No byte of the range is there.
    #[error("the range is outside the {size_bytes} bytes of the content")]
    RangeNotSatisfiable {
        /// How many there are.
        size_bytes: u64,
    },
    /// Too many tries.
    #[error("too many tries")]
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// Too much at once: nothing was done.
    #[error("the service is busy")]
    Busy,
    /// The metadata store cannot be reached.
    #[error("the database cannot be reached")]
    DatabaseUnavailable(#[source] PortError),
    /// The blob store cannot be reached.
    #[error("the file storage cannot be reached")]
    StorageUnavailable(#[source] PortError),
    /// A fault of this program or of stored data. Its source is for the log.
    #[error("something went wrong on our side")]
    Internal(#[source] PortError),
}

/// What was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A file.
    File,
    /// A version of a file.
    Version,
    /// A space for files.
    Bucket,
    /// A tenant.
    Tenant,
    /// A person.
    User,
    /// A job.
    Job,
}

impl Thing {
    /// The stable name, also the beginning of the code `<name>_not_found`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Version => "version",
            Self::Bucket => "bucket",
            Self::Tenant => "tenant",
            Self::User => "user",
            Self::Job => "job",
        }
    }
}

/// One value that is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The name the client knows it by.
    pub field: String,
    /// Stable, `snake_case`.
    pub code: String,
    /// For people.
    pub message: String,
}

impl Error {
    /// One value that is not valid.
    pub fn field(field: impl Into<String>, invalid: Invalid) -> Self {
        Self::Invalid(vec![FieldError {
            field: field.into(),
            code: invalid.code.to_owned(),
            message: invalid.message,
        }])
    }

    /// The stable code that clients act on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::Malformed(_) => "malformed_request",
            Self::Unauthorized => "unauthorized",
            Self::TokenExpired => "token_expired",
            Self::AccessDenied(_) => "access_denied",
            Self::QuotaExceeded => "quota_exceeded",
            Self::NotFound(Thing::File) => "file_not_found",
            Self::NotFound(Thing::Version) => "version_not_found",
            Self::NotFound(Thing::Bucket) => "bucket_not_found",
            Self::NotFound(Thing::Tenant) => "tenant_not_found",
            Self::NotFound(Thing::User) => "user_not_found",
            Self::NotFound(Thing::Job) => "job_not_found",
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

    /// A fault of this program.
    pub fn internal(context: impl Into<String>) -> Self {
        Self::Internal(PortError::new(PortErrorKind::Internal, context))
    }

    /// A failure of the blob store. Missing or damaged bytes are a fault of
    /// stored data, not an absence the client asked about.
    pub fn storage(error: PortError) -> Self {
        match error.kind {
            PortErrorKind::Unavailable => Self::StorageUnavailable(error),
            PortErrorKind::Busy => Self::Busy,
            _ => Self::Internal(error),
        }
    }
}

impl From<PortError> for Error {
    /// A failure of the metadata store, which most ports read.
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
    /// What a refusal means where a use case has no better answer.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Quota => Self::QuotaExceeded,
            Refusal::Duplicate(UniqueKey::Id(kind)) => {
                Self::internal(format!("the id of a new {kind} is taken"))
            }
            Refusal::Duplicate(UniqueKey::IdempotencyKey)
            | Refusal::Missing(Kind::Idempotency)
            | Refusal::Stale(Kind::Idempotency) => Self::IdempotencyInFlight,
            Refusal::Duplicate(key) => Self::AlreadyExists(format!("{key} is taken")),
            Refusal::Missing(Kind::Tenant) => Self::NotFound(Thing::Tenant),
            Refusal::Missing(Kind::File) => Self::NotFound(Thing::File),
            Refusal::Missing(Kind::Version) => Self::NotFound(Thing::Version),
            Refusal::Missing(Kind::Identity) => Self::NotFound(Thing::User),
            Refusal::Missing(_) | Refusal::Stale(_) => Self::VersionConflict,
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

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::StateConflict(refused.to_string())
    }
}

/// Gathers everything that is wrong with a request before answering.
#[derive(Debug, Default)]
pub struct Checks(Vec<FieldError>);

impl Checks {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the value, or notes under `field` why there is none.
    pub fn take<T>(&mut self, field: &str, value: std::result::Result<T, Invalid>) -> Option<T> {
        value.map_err(|invalid| self.note(field, invalid)).ok()
    }

    /// The same for a value that may be absent.
    pub fn take_optional<S, T>(
        &mut self,
        field: &str,
        value: Option<S>,
        parse: impl FnOnce(S) -> std::result::Result<T, Invalid>,
    ) -> Option<T> {
        value.and_then(|value| self.take(field, parse(value)))
    }

    /// Notes what is wrong with `field`.
    pub fn note(&mut self, field: &str, invalid: Invalid) {
        self.0.push(FieldError {
            field: field.to_owned(),
            code: invalid.code.to_owned(),
            message: invalid.message,
        });
    }

    /// All notes as one error, if there are any.
    pub fn done(&mut self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(std::mem::take(&mut self.0)))
        }
    }

    /// The value, once [`done`](Self::done) has let it through: a value that
    /// is absent then is a fault of this program.
    pub fn require<T>(&mut self, value: Option<T>) -> Result<T> {
        self.done()?;
        value.ok_or_else(|| Error::internal("a checked value is absent"))
    }
}
