//! Streamed bodies, between poem and the blob port.

use std::io;

use futures_util::{StreamExt, TryStreamExt};
use poem::Body;
use tenantry_application::ports::{BlobBody, BlobStream, BodyError};

/// A request's body on its way into a blob store.
pub fn blob_body(body: Body) -> BlobBody {
    body.into_bytes_stream()
        .map_err(|error| body_error(&error))
        .boxed()
}

/// Bytes of a blob store as the body of an answer. An error on the way cuts
/// the connection, so that what arrived is never taken for the whole.
pub fn body_of(bytes: BlobStream) -> Body {
    Body::from_bytes_stream(bytes.map_err(io::Error::other))
}

/// What an error of a request's body means to whoever stores it.
pub fn body_error(error: &io::Error) -> BodyError {
    if error.kind() == io::ErrorKind::TimedOut {
        BodyError::Stalled
    } else {
        BodyError::Cut
    }
}
