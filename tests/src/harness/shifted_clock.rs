//! A clock that is wrong by a fixed time.

use std::time::Duration;

use async_trait::async_trait;
use tenantry_application::ports::Clock;
use tenantry_crypto::SystemClock;
use tenantry_domain::Timestamp;

/// The system clock, shifted.
#[derive(Debug, Clone, Copy)]
pub enum ShiftedClock {
    /// Ahead of the system clock.
    Ahead(Duration),
    /// Behind the system clock.
    Behind(Duration),
}

#[async_trait]
impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now();
        match self {
            Self::Ahead(by) => now.plus(*by),
            Self::Behind(by) => now.minus(*by),
        }
    }

    async fn sleep(&self, duration: Duration) {
        SystemClock.sleep(duration).await;
    }
}
