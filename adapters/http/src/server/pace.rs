//! The minimum transfer rate of a peer.

use std::time::Duration;

/// The minimum rate in bytes per second while the server waits for the peer,
/// the default of Apache's `mod_reqtimeout`. Without it, a peer that sends a
/// byte now and then could hold a request's resources indefinitely.
const MIN_RATE: u128 = 500;

/// The progress of a body during the time spent waiting for the peer.
#[derive(Debug)]
pub(super) struct Pace {
    /// The waiting time in which enough bytes must move.
    limit: Duration,
    waited: Duration,
    moved: usize,
}

impl Pace {
    /// Starts with no time spent waiting.
    pub(super) const fn new(limit: Duration) -> Self {
        Self {
            limit,
            waited: Duration::ZERO,
            moved: 0,
        }
    }

    /// Returns the remaining time to wait for the peer.
    pub(super) fn remaining(&self) -> Duration {
        self.limit.saturating_sub(self.waited)
    }

    /// Records `bytes` that moved after waiting for the peer.
    pub(super) fn record(&mut self, waited: Duration, bytes: usize) {
        self.waited += waited;
        self.moved = self.moved.saturating_add(bytes);
        if self.moved as u128 * 1000 >= MIN_RATE * self.limit.as_millis() {
            *self = Self::new(self.limit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_steady_peer_keeps_its_time_and_a_dripping_one_loses_it() {
        let mut steady = Pace::new(30 * SECOND);
        let mut dripping = Pace::new(30 * SECOND);
        for _ in 0..29 {
            steady.record(SECOND, 600);
            dripping.record(SECOND, 499);
        }
        assert!(steady.remaining() > 20 * SECOND);
        assert_eq!(dripping.remaining(), SECOND);
        dripping.record(SECOND, 499);
        assert_eq!(dripping.remaining(), Duration::ZERO);
    }

    #[test]
    fn bytes_without_waiting_use_no_time() {
        let mut pace = Pace::new(SECOND);
        pace.record(Duration::ZERO, 1);
        assert_eq!(pace.remaining(), SECOND);
    }
}
