//! Waiting for what is not up yet.

use std::time::Duration;

use tenantry_application::ports::PortError;
use tokio::time::{Instant, sleep};

/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_secs(1);

/// Tries to open `part` until it answers, for so many seconds; one that
/// answers and refuses ends the waiting at once.
pub(super) async fn patiently<T>(
    part: &str,
    seconds: u64,
    open: impl AsyncFn() -> Result<T, PortError>,
) -> Result<T, PortError> {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        match open().await {
            Err(error) if error.is_retryable() && Instant::now() < deadline => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "{part} does not answer yet");
                sleep(PAUSE).await;
            }
            opened => return opened,
        }
    }
}
