//! The failures of a commit.

use mongodb::error::{Error, ErrorKind, TRANSIENT_TRANSACTION_ERROR};
use tenantry_application::ports::{PortError, PortErrorKind};

use crate::error::{code_of, is_conflict, kind_of_code, port_error};

/// A failure of a step that reads or writes.
#[derive(Debug)]
pub(super) enum Fault {
    /// An error of the driver.
    Driver(Error),
    /// An error of one document in the reply to a write command.
    Write { code: i32, message: String },
    /// An error of a port.
    Port(PortError),
}

impl Fault {
    /// Returns whether another transaction conflicted, so that a retry may
    /// succeed.
    pub(super) fn is_conflict(&self) -> bool {
        match self {
            Self::Driver(error) => {
                let is_transient = error.contains_label(TRANSIENT_TRANSACTION_ERROR);
                let is_conflict = code_of(error).is_some_and(is_conflict);
                (is_transient && !self.is_unreachable()) || is_conflict
            }
            Self::Write { code, .. } => is_conflict(*code),
            Self::Port(_) => false,
        }
    }

    /// Returns whether the server is unreachable, so that an immediate retry is
    /// futile.
    pub(super) fn is_unreachable(&self) -> bool {
        match self {
            Self::Driver(error) => matches!(
                *error.kind,
                ErrorKind::Io(_)
                    | ErrorKind::ServerSelection { .. }
                    | ErrorKind::ConnectionPoolCleared { .. }
            ),
            Self::Write { .. } | Self::Port(_) => false,
        }
    }

    /// Converts it to the error that callers get.
    pub(super) fn into_port_error(self, context: &str) -> PortError {
        match self {
            Self::Driver(error) => port_error(context, error),
            Self::Write { code, message } => {
                let cause = PortError::new(kind_of_code(code), format!("code {code}: {message}"));
                PortError::new(cause.kind, context).caused_by(cause)
            }
            Self::Port(error) => error,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

impl From<PortError> for Fault {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

/// Returns the error of a commit with an unknown outcome.
pub(super) fn unknown_outcome(cause: PortError) -> PortError {
    let context = "commit: the outcome is unknown";
    PortError::new(PortErrorKind::Unavailable, context).caused_by(cause)
}

/// Returns the error of a closed store.
pub(super) fn closed() -> PortError {
    PortError::new(
        PortErrorKind::Unavailable,
        "write to the database: the store is closed",
    )
}
