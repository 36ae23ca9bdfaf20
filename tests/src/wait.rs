//! Waiting for a condition, instead of sleeping.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The maximum wait before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// The interval between checks of a condition.
const LOOK: Duration = Duration::from_millis(10);

/// Polls a condition until it returns a value, and returns that value. Panics
/// with `what` after `PATIENCE`.
pub async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(response) = condition().await {
            return response;
        }
        assert!(Instant::now() < deadline, "waited too long until {what}");
        sleep(LOOK).await;
    }
}
