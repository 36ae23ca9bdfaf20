//! Timeouts and retries.

use std::time::Duration;

#[cfg(feature = "objects")]
use object_store::{BackoffConfig, RetryConfig};

/// The time limit for establishing a connection.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_millis(1500);
/// The time limit for the response to a request without a body.
pub(super) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// The time limit without progress in either direction, and for the response
/// after the last byte of a request.
pub(super) const STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// The time after which an idle connection is closed, somewhat before services
/// do so.
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// Returns a configuration of few, quick retries: a client is waiting, and more
/// retries would not help an overloaded server.
#[cfg(feature = "objects")]
pub(crate) fn retry_config() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_millis(500),
            base: 2.0,
        },
        max_retries: 3,
        retry_timeout: Duration::from_secs(10),
    }
}
