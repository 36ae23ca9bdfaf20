//! Conversion of I/O errors, and errors that several backends share.

use std::{fmt::Display, io};

use tenantry_application::ports::{PortError, PortErrorKind};

/// Converts an I/O error. A full, read-only, missing or broken disk can be
/// repaired, so the error is `Unavailable`.
pub(crate) fn from_io(action: &str, target: impl Display) -> impl FnOnce(io::Error) -> PortError {
    let context = format!("cannot {action} {target}");
    |error| PortError::new(PortErrorKind::Unavailable, context).caused_by(error)
}

/// Returns the error of an invalid configuration.
#[cfg(feature = "remote")]
pub(crate) fn invalid_config(reason: &str) -> PortError {
    PortError::new(PortErrorKind::Internal, reason)
}

/// Returns the error of a missing object.
pub(crate) fn not_found(target: impl Display) -> PortError {
    PortError::new(PortErrorKind::NotFound, format!("{target} does not exist"))
}

/// Returns the error of a write to an existing object. Keys are used only once,
/// so this is a bug.
pub(crate) fn already_exists(target: impl Display) -> PortError {
    PortError::new(
        PortErrorKind::Internal,
        format!("{target} already exists and is not replaced"),
    )
}

/// Runs a blocking function on a blocking thread. If the future is dropped, the
/// function still runs and its result is dropped.
pub(crate) async fn run_blocking<T: Send + 'static>(
    function: impl FnOnce() -> T + Send + 'static,
) -> Result<T, PortError> {
    tokio::task::spawn_blocking(function)
        .await
        .map_err(|error| {
            let context = "a blocking task of the blob store did not finish";
            PortError::new(PortErrorKind::Unavailable, context).caused_by(error)
        })
}
