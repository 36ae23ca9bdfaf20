//! From an error of `object_store` to what it means, in one line.

use std::error::Error;

use object_store::client::{HttpError, HttpErrorKind};
use tenantry_application::ports::PortErrorKind;
use thiserror::Error as ThisError;

use super::refusal::Refusal;

/// A failure below HTTP.
#[derive(Debug, ThisError)]
enum Fault {
    #[error("the port does not speak TLS: check the endpoint, http:// needs allow_http")]
    NoTls,
    #[error("the service's certificate is from an unknown authority: name it in ca_file")]
    UnknownAuthority,
    #[error("the service's certificate is not good: {0}")]
    Certificate(String),
    #[error("the service cannot be reached: {0}")]
    Unreachable(String),
    #[error("the service does not answer in time")]
    Timeout,
}

/// What a failed request means, if it was the service or the way to it that
/// failed, and the error to keep: one line without addresses and secrets.
pub(crate) fn explain(
    error: &object_store::Error,
) -> Option<(PortErrorKind, Box<dyn Error + Send + Sync>)> {
    if let Some(refusal) = cause::<Refusal>(error) {
        return Some((refusal.kind(), Box::new(refusal.clone())));
    }
    let fault = fault(cause::<HttpError>(error)?);
    let kind = match fault {
        Fault::Unreachable(_) | Fault::Timeout => PortErrorKind::Unavailable,
        Fault::NoTls | Fault::UnknownAuthority | Fault::Certificate(_) => PortErrorKind::Internal,
    };
    Some((kind, Box::new(fault)))
}

fn fault(error: &HttpError) -> Fault {
    let root = root(error).to_string();
    if error.kind() == HttpErrorKind::Timeout {
        Fault::Timeout
    } else if root.contains("InvalidContentType") || root.contains("corrupt message") {
        Fault::NoTls
    } else if root.contains("UnknownIssuer") {
        Fault::UnknownAuthority
    } else if root.contains("invalid peer certificate") {
        Fault::Certificate(root)
    } else {
        Fault::Unreachable(root)
    }
}

/// The first error of a type, in an error or below it.
fn cause<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The deepest error: those above it repeat it, and name addresses.
fn root<'e>(error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    let mut deepest = error;
    while let Some(error) = deepest.source() {
        deepest = error;
    }
    deepest
}
