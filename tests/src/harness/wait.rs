//! Waiting for a condition, in place of sleeping.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// Looks at a condition until it answers, and returns the answer. Panics with
/// `what` when that takes too long.
pub async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = condition().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited too long until {what}");
        sleep(LOOK).await;
    }
}
