//! The server's errors as the ports name them.

use redis::{ErrorKind, RedisError, ServerErrorKind};
use tenantry_application::ports::{PortError, PortErrorKind};

/// The failure of an operation.
pub(crate) fn port_error(context: impl Into<String>, error: RedisError) -> PortError {
    let kind = if is_refusal(&error) {
        PortErrorKind::Internal
    } else {
        PortErrorKind::Unavailable
    };
    PortError::new(kind, context).caused_by(error)
}

/// A failure without an error of the server.
pub(crate) fn unavailable(context: impl Into<String>) -> PortError {
    PortError::new(PortErrorKind::Unavailable, context)
}

/// Whether the server answered, and will answer the same until somebody
/// changes the configuration, ours or its own.
pub(crate) fn is_refusal(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::AuthenticationFailed
        | ErrorKind::InvalidClientConfig
        | ErrorKind::Server(ServerErrorKind::NoPerm) => true,
        // It has no code of its own.
        ErrorKind::Server(ServerErrorKind::ResponseError) => {
            !error.to_string().contains("max number of clients")
        }
        _ => matches!(error.code(), Some("DENIED" | "NOAUTH" | "WRONGPASS")),
    }
}
