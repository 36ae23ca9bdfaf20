//! Errors below HTTP, and the conversion of HTTP errors to port errors.

use std::{error::Error, fmt::Display};

use object_store::client::{HttpError, HttpErrorKind};
use tenantry_application::ports::{PortError, PortErrorKind};
use thiserror::Error as ThisError;

use super::error_response::ErrorResponse;

/// An error below HTTP.
#[derive(Debug, ThisError)]
enum ConnectionError {
    #[error("the port does not speak TLS; check the endpoint, http:// requires allow_http")]
    TlsNotSupported,
    #[error("the service's certificate is from an unknown authority; set ca_file")]
    UnknownAuthority,
    #[error("the service's certificate is not valid: {0}")]
    InvalidCertificate(String),
    #[error("the service cannot be reached: {0}")]
    Unreachable(String),
    #[error("the service did not respond in time")]
    Timeout,
}

/// The kind of an error, and its message in one line without addresses and
/// secrets.
type ClassifiedError = (PortErrorKind, Box<dyn Error + Send + Sync>);

/// Returns the kind and message of an error whose cause is the service or the
/// connection to it.
pub(crate) fn classify(error: &(dyn Error + 'static)) -> Option<ClassifiedError> {
    match cause::<ErrorResponse>(error) {
        Some(response) => Some((response.kind(), Box::new(response.clone()))),
        None => cause::<HttpError>(error).map(classify_http),
    }
}

fn classify_http(error: &HttpError) -> ClassifiedError {
    if let Some(response) = cause::<ErrorResponse>(error) {
        return (response.kind(), Box::new(response.clone()));
    }
    let error = connection_error(error);
    let kind = match error {
        ConnectionError::Unreachable(_) | ConnectionError::Timeout => PortErrorKind::Unavailable,
        ConnectionError::TlsNotSupported
        | ConnectionError::UnknownAuthority
        | ConnectionError::InvalidCertificate(_) => PortErrorKind::Internal,
    };
    (kind, Box::new(error))
}

/// Converts the error of a request sent without `object_store`.
pub(crate) fn from_http(action: &str, target: impl Display) -> impl FnOnce(HttpError) -> PortError {
    let context = format!("cannot {action} {target}");
    |error| {
        let (kind, source) = classify_http(&error);
        PortError {
            kind,
            context,
            source: Some(source.into()),
        }
    }
}

fn connection_error(error: &HttpError) -> ConnectionError {
    let root = root(error).to_string();
    if error.kind() == HttpErrorKind::Timeout {
        ConnectionError::Timeout
    } else if root.contains("InvalidContentType") || root.contains("corrupt message") {
        ConnectionError::TlsNotSupported
    } else if root.contains("UnknownIssuer") {
        ConnectionError::UnknownAuthority
    } else if root.contains("invalid peer certificate") {
        ConnectionError::InvalidCertificate(root)
    } else {
        ConnectionError::Unreachable(root)
    }
}

/// Returns the first error of a type in the source chain.
fn cause<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(cause) = error.downcast_ref() {
            return Some(cause);
        }
        next = error.source();
    }
    None
}

/// Returns the root cause. The errors above it repeat it and contain addresses.
fn root<'e>(error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root
}
