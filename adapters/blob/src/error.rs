//! What failures of disks and services mean to the port, and the way to the
//! blocking threads.

use std::{fmt::Display, io};

use tenantry_application::ports::{PortError, PortErrorKind};

/// A disk that is full, read-only, gone or broken cannot serve now; once
/// someone has seen to it, it can.
pub(crate) fn from_io(doing: &str, what: impl Display) -> impl FnOnce(io::Error) -> PortError {
    let context = format!("cannot {doing} {what}");
    |error| PortError::new(PortErrorKind::Unavailable, context).caused_by(error)
}

pub(crate) fn from_store(
    doing: &str,
    what: impl Display,
) -> impl FnOnce(object_store::Error) -> PortError {
    let context = format!("cannot {doing} {what}");
    |error| {
        #[cfg(feature = "network")]
        if let Some((kind, source)) = crate::network::explain(&error) {
            return PortError {
                kind,
                context,
                source: Some(source.into()),
            };
        }
        PortError::new(kind_of(&error), context).caused_by(error)
    }
}

/// What a failure means to the port.
pub(crate) fn kind_of(error: &object_store::Error) -> PortErrorKind {
    use object_store::Error;

    #[cfg(feature = "network")]
    if let Some((kind, _)) = crate::network::explain(error) {
        return kind;
    }
    match error {
        Error::NotFound { .. } => PortErrorKind::NotFound,
        Error::NotSupported { .. } | Error::NotImplemented { .. } => PortErrorKind::Unsupported,
        Error::AlreadyExists { .. }
        | Error::Precondition { .. }
        | Error::InvalidPath { .. }
        | Error::UnknownConfigurationKey { .. } => PortErrorKind::Internal,
        _ => PortErrorKind::Unavailable,
    }
}

/// Whether an upload in parts is gone: somebody else has ended it.
pub(crate) fn is_missing_upload(error: &PortError) -> bool {
    #[cfg(feature = "network")]
    if let Some(refusal) = crate::network::Refusal::behind(error) {
        return refusal.is_missing_upload();
    }
    error.kind == PortErrorKind::NotFound
}

/// Settings that no service can be reached with.
#[cfg(feature = "network")]
pub(crate) fn unusable(reason: &str) -> PortError {
    PortError::new(PortErrorKind::Internal, reason)
}

/// The same for a request past `object_store`.
#[cfg(feature = "network")]
pub(crate) fn from_http(
    doing: &str,
    what: impl Display,
) -> impl FnOnce(object_store::client::HttpError) -> PortError {
    let failed = from_store(doing, what);
    |error| {
        failed(object_store::Error::Generic {
            store: "HTTP",
            source: Box::new(error),
        })
    }
}

pub(crate) fn not_found(what: impl Display) -> PortError {
    PortError::new(PortErrorKind::NotFound, format!("{what} is not there"))
}

/// Keys are never used twice: somebody made a mistake.
pub(crate) fn already_there(what: impl Display) -> PortError {
    PortError::new(
        PortErrorKind::Internal,
        format!("{what} is there already and stays as it is"),
    )
}

/// Runs what would block off the async threads. When the caller goes away it
/// still runs to its end, and its result is dropped there.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, PortError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        let context = "a blocking step of the blob store ended early";
        PortError::new(PortErrorKind::Unavailable, context).caused_by(error)
    })
}
