//! Use cases' errors as problems. The code is the error's own; only what
//! needs more than its code and words is named here.

use poem::http::{HeaderValue, header::CONTENT_RANGE};
use tenantry_application::error::Error;

use super::{FieldProblem, Problem, codes};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let code = codes::Code::find(error.code()).unwrap_or(&codes::INTERNAL);
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

fn content_range(size_bytes: u64) -> HeaderValue {
    HeaderValue::try_from(format!("bytes */{size_bytes}"))
        .unwrap_or_else(|_| HeaderValue::from_static("bytes */*"))
}

/// Error messages are lower case without a full stop; people read sentences.
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
        let port = || PortError::new(PortErrorKind::Internal, "a secret place");
        let things = [
            Thing::File,
            Thing::Version,
            Thing::Bucket,
            Thing::Tenant,
            Thing::User,
            Thing::Job,
        ];
        let mut errors = vec![
            Error::Invalid(Vec::new()),
            Error::Malformed("no".to_owned()),
            Error::Unauthorized,
            Error::TokenExpired,
            Error::AccessDenied("no".to_owned()),
            Error::QuotaExceeded,
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
        errors.extend(things.map(Error::NotFound));
        errors
    }

    #[test]
    fn every_code_is_in_the_table() {
        for error in every_error() {
            let name = error.code();
            assert_eq!(Problem::from(error).code().name, name);
        }
    }

    #[test]
    fn causes_stay_inside() {
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
