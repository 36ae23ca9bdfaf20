//! The HTTP client of the backends on servers that use HTTP.
//!
//! | file | content |
//! |---|---|
//! | `client.rs` | connections |
//! | `limits.rs` | timeouts and retries |
//! | `body.rs` | bodies with progress and stall detection |
//! | `error_response.rs` | the meaning of a service's error responses |
//! | `connection_error.rs` | errors below HTTP, and the conversion of all errors |
//! | `presigned.rs` | sending presigned requests |

mod body;
mod client;
mod connection_error;
mod error_response;
mod limits;
#[cfg(feature = "objects")]
mod presigned;

#[cfg(any(feature = "s3", feature = "webdav"))]
pub(crate) use self::connection_error::from_http;
#[cfg(feature = "objects")]
pub(crate) use self::limits::retry_config;
pub(crate) use self::{
    client::ServiceClient, connection_error::classify, error_response::ErrorResponse,
};
