//! Retries while a server is unreachable at startup.

use std::time::Duration;

use tenantry_application::ports::PortError;
use tokio::time::{Instant, sleep};

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_secs(1);

/// Calls `open` until it succeeds or fails with a permanent error, for at most
/// `seconds`. Logs name `part`.
pub(super) async fn retry<T>(
    part: &str,
    seconds: u64,
    open: impl AsyncFn() -> Result<T, PortError>,
) -> Result<T, PortError> {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        match open().await {
            Err(error) if error.is_retryable() && Instant::now() < deadline => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "{part} is unreachable; retrying");
                sleep(PAUSE).await;
            }
            result => return result,
        }
    }
}
