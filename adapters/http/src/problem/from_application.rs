//! Conversion of the errors of use cases to problems.

use poem::http::{HeaderValue, header::CONTENT_RANGE};
use tenantry_application::error::Error;

use super::{
    codes::{self, Code},
    details::Problem,
    shape::FieldProblem,
};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let code = code(&error);
        match error {
            Error::Invalid(errors) => Self::fields(
                errors
                    .into_iter()
                    .map(|error| FieldProblem::new(error.field, error.code, error.message))
                    .collect(),
            ),
            Error::RangeNotSatisfiable { size_bytes } => Self::new(code)
                .detail(error.to_string())
                .header(CONTENT_RANGE, content_range(size_bytes)),
            Error::RateLimited { retry_after } => Self::new(code).retry_after(retry_after),
            Error::DatabaseUnavailable(cause)
            | Error::StorageUnavailable(cause)
            | Error::Internal(cause) => Self::new(code).caused_by(cause),
            error => Self::new(code).detail(sentence(&error.to_string())),
        }
    }
}

/// Returns the code of an error. An error without a code does not compile.
const fn code(error: &Error) -> &'static Code {
    match error {
        Error::Invalid(_) => &codes::VALIDATION_FAILED,
        Error::Malformed(_) => &codes::MALFORMED_REQUEST,
        Error::Unauthorized => &codes::UNAUTHORIZED,
        Error::TokenExpired => &codes::TOKEN_EXPIRED,
        Error::AccessDenied(_) => &codes::ACCESS_DENIED,
        Error::QuotaExceeded | Error::TooManyVersions { .. } => &codes::QUOTA_EXCEEDED,
        Error::NotFound(thing) => codes::not_found(*thing),
        Error::AlreadyExists(_) => &codes::ALREADY_EXISTS,
        Error::VersionConflict => &codes::VERSION_CONFLICT,
        Error::StateConflict(_) => &codes::STATE_CONFLICT,
        Error::IdempotencyMismatch => &codes::IDEMPOTENCY_MISMATCH,
        Error::IdempotencyInFlight => &codes::IDEMPOTENCY_IN_FLIGHT,
        Error::PreconditionFailed => &codes::PRECONDITION_FAILED,
        Error::FileTooLarge { .. } => &codes::FILE_TOO_LARGE,
        Error::RangeNotSatisfiable { .. } => &codes::RANGE_NOT_SATISFIABLE,
        Error::RateLimited { .. } => &codes::RATE_LIMITED,
        Error::Busy => &codes::BUSY,
        Error::DatabaseUnavailable(_) => &codes::DATABASE_UNAVAILABLE,
        Error::StorageUnavailable(_) => &codes::STORAGE_UNAVAILABLE,
        Error::Internal(_) => &codes::INTERNAL,
    }
}

fn content_range(size_bytes: u64) -> HeaderValue {
    HeaderValue::try_from(format!("bytes */{size_bytes}"))
        .unwrap_or_else(|_| HeaderValue::from_static("bytes */*"))
}

/// Formats an error message, lowercase without a full stop, as a sentence.
fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    let mut text: String = first.to_uppercase().chain(chars).collect();
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tenantry_application::{
        error::Thing,
        ports::{PortError, PortErrorKind},
    };

    use super::*;

    fn every_error() -> Vec<Error> {
        let port = || PortError::new(PortErrorKind::Internal, "a secret location");
        let mut errors = vec![
            Error::Invalid(Vec::new()),
            Error::Malformed("no".to_owned()),
            Error::Unauthorized,
            Error::TokenExpired,
            Error::AccessDenied("no".to_owned()),
            Error::QuotaExceeded,
            Error::TooManyVersions { limit: 1 },
            Error::AlreadyExists("no".to_owned()),
            Error::VersionConflict,
            Error::StateConflict("no".to_owned()),
            Error::IdempotencyMismatch,
            Error::IdempotencyInFlight,
            Error::PreconditionFailed,
            Error::FileTooLarge { limit_bytes: 1 },
            Error::RangeNotSatisfiable { size_bytes: 1 },
            Error::RateLimited {
                retry_after: Duration::from_secs(7),
            },
            Error::Busy,
            Error::DatabaseUnavailable(port()),
            Error::StorageUnavailable(port()),
            Error::Internal(port()),
        ];
        errors.extend(Thing::ALL.iter().copied().map(Error::NotFound));
        errors
    }

    #[test]
    fn every_error_has_its_own_code() {
        for error in every_error() {
            let name = error.code();
            assert_eq!(Problem::from(error).code().name, name);
        }
    }

    #[test]
    fn causes_are_not_exposed() {
        for error in every_error() {
            let text = format!("{:?}", Problem::from(error));
            assert!(!text.contains("secret"), "{text}");
        }
    }

    #[test]
    fn messages_become_sentences() {
        assert_eq!(sentence("the file is locked"), "The file is locked.");
        assert_eq!(sentence(""), "");
    }
}
