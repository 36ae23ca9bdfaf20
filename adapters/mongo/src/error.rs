//! Errors of the driver, mapped to those of the ports.

use mongodb::error::{Error, ErrorKind, WriteFailure};
use tenantry_application::ports::{PortError, PortErrorKind};

/// The codes of a server that is temporarily unavailable: it is starting,
/// stopping, no longer primary, or exceeded a time limit.
const TRANSIENT: &[i32] = &[
    6, 7, 50, 89, 91, 134, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
];

/// Another transaction conflicted.
const WRITE_CONFLICT: i32 = 112;

/// A document with this key exists.
const DUPLICATE_KEY: i32 = 11000;

/// Returns the error of a failed operation.
pub(crate) fn port_error(context: impl Into<String>, error: Error) -> PortError {
    PortError::new(kind_of(&error), context).caused_by(error)
}

/// Returns the server's code of an error.
pub(crate) fn code_of(error: &Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(error) => Some(error.code),
        ErrorKind::Write(WriteFailure::WriteError(error)) => Some(error.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => Some(error.code),
        ErrorKind::InsertMany(error) => {
            let first = error.write_errors.as_ref()?.first()?;
            Some(first.code)
        }
        _ => None,
    }
}

/// Returns whether a document with the same key exists.
pub(crate) fn is_duplicate(error: &Error) -> bool {
    code_of(error) == Some(DUPLICATE_KEY)
}

/// Returns whether a code means that another transaction conflicted, so that a
/// retry may succeed.
pub(crate) fn is_conflict(code: i32) -> bool {
    [WRITE_CONFLICT, DUPLICATE_KEY].contains(&code)
}

fn kind_of(error: &Error) -> PortErrorKind {
    match error.kind.as_ref() {
        ErrorKind::Io(_)
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::DnsResolve { .. }
        | ErrorKind::Shutdown => PortErrorKind::Unavailable,
        ErrorKind::BsonDeserialization(_) | ErrorKind::Bson(_) => PortErrorKind::Corrupt,
        ErrorKind::IncompatibleServer { .. } => PortErrorKind::Unsupported,
        _ => match code_of(error) {
            Some(code) => kind_of_code(code),
            None => PortErrorKind::Internal,
        },
    }
}

/// Returns the kind of an error code.
pub(crate) fn kind_of_code(code: i32) -> PortErrorKind {
    if TRANSIENT.contains(&code) {
        PortErrorKind::Unavailable
    } else if code == WRITE_CONFLICT {
        PortErrorKind::Busy
    } else {
        PortErrorKind::Internal
    }
}

/// Returns the error of the first command, which fails if the server is
/// unreachable or the login is wrong.
pub(crate) fn connection_error(error: Error) -> PortError {
    /// The user or the password is wrong.
    const AUTHENTICATION_FAILED: i32 = 18;
    let is_refused = matches!(error.kind.as_ref(), ErrorKind::Authentication { .. })
        || code_of(&error) == Some(AUTHENTICATION_FAILED);
    if is_refused {
        let text = "connect to MongoDB: the server refuses the login; check the user, the \
                    password and authSource in database.url";
        return PortError::new(PortErrorKind::Internal, text).caused_by(error);
    }
    port_error("connect to MongoDB", error)
}
