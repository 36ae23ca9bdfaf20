//! How slow a peer may be.

use std::time::Duration;

/// The bytes a second that a peer must bring or take while it is waited for:
/// what Apache's `mod_reqtimeout` asks for by default. A peer that sends a
/// byte now and then would otherwise hold what its request holds for as long
/// as it likes.
const LEAST_RATE: u128 = 500;

/// What a body has moved in the time that was spent waiting for the peer.
#[derive(Debug)]
pub(super) struct Pace {
    /// How long may be waited for the bytes of that time.
    limit: Duration,
    waited: Duration,
    moved: usize,
}

impl Pace {
    /// A peer that has not been waited for.
    pub(super) const fn new(limit: Duration) -> Self {
        Self {
            limit,
            waited: Duration::ZERO,
            moved: 0,
        }
    }

    /// How much longer the peer may be waited for.
    pub(super) fn left(&self) -> Duration {
        self.limit.saturating_sub(self.waited)
    }

    /// The peer was waited for, and then moved so many bytes.
    pub(super) fn note(&mut self, waited: Duration, bytes: usize) {
        self.waited += waited;
        self.moved = self.moved.saturating_add(bytes);
        if self.moved as u128 * 1000 >= LEAST_RATE * self.limit.as_millis() {
            *self = Self::new(self.limit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_steady_peer_is_waited_for_and_a_dripping_one_is_not() {
        let mut steady = Pace::new(30 * SECOND);
        let mut dripping = Pace::new(30 * SECOND);
        for _ in 0..29 {
            steady.note(SECOND, 600);
            dripping.note(SECOND, 499);
        }
        assert!(steady.left() > 20 * SECOND);
        assert_eq!(dripping.left(), SECOND);
        dripping.note(SECOND, 499);
        assert_eq!(dripping.left(), Duration::ZERO);
    }

    #[test]
    fn time_in_which_nobody_waits_does_not_count() {
        let mut pace = Pace::new(SECOND);
        pace.note(Duration::ZERO, 1);
        assert_eq!(pace.left(), SECOND);
    }
}
