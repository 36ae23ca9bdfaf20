//! Conversion of `object_store` errors.

use std::fmt::Display;

use tenantry_application::ports::{PortError, PortErrorKind};

#[cfg(feature = "network")]
use crate::network::{ErrorResponse, classify};

/// Converts an error of `object_store`.
pub(in crate::backend) fn from_store(
    action: &str,
    target: impl Display,
) -> impl FnOnce(object_store::Error) -> PortError {
    let context = format!("cannot {action} {target}");
    |error| {
        #[cfg(feature = "network")]
        if let Some((kind, source)) = classify(&error) {
            return PortError {
                kind,
                context,
                source: Some(source.into()),
            };
        }
        PortError::new(kind_of(&error), context).caused_by(error)
    }
}

/// Returns the kind of an error.
pub(super) fn kind_of(error: &object_store::Error) -> PortErrorKind {
    use object_store::Error;

    #[cfg(feature = "network")]
    if let Some((kind, _)) = classify(error) {
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

/// Returns whether the error reports a multipart upload that no longer exists,
/// for example because another caller aborted it.
pub(in crate::backend) fn is_missing_upload(error: &PortError) -> bool {
    #[cfg(feature = "network")]
    if let Some(response) = ErrorResponse::behind(error) {
        return response.is_missing_upload();
    }
    error.kind == PortErrorKind::NotFound
}
