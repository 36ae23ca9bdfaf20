//! The driver's errors as the ports name them.

use mongodb::error::{Error, ErrorKind, WriteFailure};
use tenantry_application::ports::{PortError, PortErrorKind};

/// Codes by which a server says that it cannot serve now: it is starting,
/// stopping, no longer primary, or has run out of time.
const PASSING: &[i32] = &[
    6, 7, 50, 89, 91, 134, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
];

/// Another transaction was faster.
const WRITE_CONFLICT: i32 = 112;

/// A document with this key is there already.
const DUPLICATE_KEY: i32 = 11000;

/// The failure of an operation.
pub(crate) fn port_error(context: impl Into<String>, error: Error) -> PortError {
    PortError::new(kind_of(&error), context).caused_by(error)
}

/// The number by which the server names an error.
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

/// Whether a document with the same key is there already.
pub(crate) fn is_duplicate(error: &Error) -> bool {
    code_of(error) == Some(DUPLICATE_KEY)
}

/// Whether a code means that another was faster, and trying anew may succeed.
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

/// What a code of the server means to callers.
pub(crate) fn kind_of_code(code: i32) -> PortErrorKind {
    if PASSING.contains(&code) {
        PortErrorKind::Unavailable
    } else if code == WRITE_CONFLICT {
        PortErrorKind::Busy
    } else {
        PortErrorKind::Internal
    }
}

/// The failure of the first question to a server: the one that tells whether
/// it can be reached, and whether the login is right.
pub(crate) fn refused_sign_in(error: Error) -> PortError {
    /// The server does not know the login, or not with this password.
    const AUTHENTICATION_FAILED: i32 = 18;
    let is_refused = matches!(error.kind.as_ref(), ErrorKind::Authentication { .. })
        || code_of(&error) == Some(AUTHENTICATION_FAILED);
    if is_refused {
        let text = "the MongoDB server refuses the login: check user, password and authSource \
                    of its url";
        return PortError::new(PortErrorKind::Internal, text).caused_by(error);
    }
    port_error("ask the MongoDB server who it is", error)
}
