//! Conversion of Redis errors to port errors.

use redis::{ErrorKind, RedisError, ServerErrorKind};
use tenantry_application::ports::{PortError, PortErrorKind};

/// Converts an error of the server or the connection.
pub(crate) fn port_error(context: impl Into<String>, error: RedisError) -> PortError {
    let kind = if is_permanent(&error) {
        PortErrorKind::Internal
    } else {
        PortErrorKind::Unavailable
    };
    PortError::new(kind, context).caused_by(error)
}

/// Returns an [`Unavailable`](PortErrorKind::Unavailable) error without a source.
pub(crate) fn unavailable(context: impl Into<String>) -> PortError {
    PortError::new(PortErrorKind::Unavailable, context)
}

/// Returns whether the error persists until the configuration of the service or
/// the server changes.
pub(crate) fn is_permanent(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::AuthenticationFailed
        | ErrorKind::InvalidClientConfig
        | ErrorKind::Server(ServerErrorKind::NoPerm) => true,
        // The connection limit has no error code.
        ErrorKind::Server(ServerErrorKind::ResponseError) => {
            !error.to_string().contains("max number of clients")
        }
        _ => matches!(error.code(), Some("DENIED" | "NOAUTH" | "WRONGPASS")),
    }
}
