//! The system clock.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use tenantry_application::ports::Clock;
use tenantry_domain::Timestamp;

/// The system clock and the runtime's timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 is broken; any time will do.
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(Timestamp::EPOCH, |since| Timestamp::EPOCH.plus(since))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
