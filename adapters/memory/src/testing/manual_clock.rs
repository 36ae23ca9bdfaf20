//! A clock controlled by a test.

use std::time::Duration;

use async_trait::async_trait;
use tenantry_application::ports::Clock;
use tenantry_domain::Timestamp;
use tokio::sync::watch;

/// A clock that stands still until it is advanced, which wakes the sleepers
/// whose time has come.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Timestamp>,
}

impl ManualClock {
    /// Creates a clock that stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            now: watch::Sender::new(now),
        }
    }

    /// Advances the clock.
    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now = now.plus(by));
    }

    /// Sets the clock, forward or back.
    pub fn set(&self, to: Timestamp) {
        self.now.send_replace(to);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn sleep(&self, duration: Duration) {
        let until = self.now().plus(duration);
        let mut now = self.now.subscribe();
        // The sender lives in `self`, so the channel is never closed.
        let _ = now.wait_for(|now| *now >= until).await;
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn sleepers_wake_at_their_time() {
        let clock = Arc::new(ManualClock::new(Timestamp::EPOCH));
        let sleeper = tokio::spawn({
            let clock = Arc::clone(&clock);
            async move {
                clock.sleep(Duration::from_secs(10)).await;
                clock.now()
            }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(9));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_secs(1));
        let woke = sleeper.await.expect("the sleeper ends");
        assert_eq!(woke, Timestamp::from_millis(10_000));
    }
}
