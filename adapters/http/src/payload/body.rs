//! Streamed bodies between poem and the blob store.

use std::io;

use futures_util::{StreamExt, TryStreamExt};
use poem::Body;
use tenantry_application::ports::{BlobBody, BlobStream, BodyError};

/// Converts a request body for the blob store.
pub fn blob_body(body: Body) -> BlobBody {
    body.into_bytes_stream()
        .map_err(|error| body_error(&error))
        .boxed()
}

/// Converts a blob stream to a response body. An error aborts the connection,
/// so that the client never takes a part for the whole.
pub fn body_of(bytes: BlobStream) -> Body {
    Body::from_bytes_stream(bytes.map_err(io::Error::other))
}

/// Converts an error of a request body.
pub fn body_error(error: &io::Error) -> BodyError {
    if error.kind() == io::ErrorKind::TimedOut {
        BodyError::Stalled
    } else {
        BodyError::Cut
    }
}
