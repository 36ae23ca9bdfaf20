//! Failures of one key, and the growing delay after them.

use std::time::Duration;

use crate::ports::Backoff;

/// The delay grows by this number of doublings at most.
const MAX_DOUBLINGS: u32 = 10;

/// The failures of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Failures {
    /// The number of failures. One is forgotten each time that
    /// [`Backoff::LONGEST`] passes without another one.
    pub count: u32,
    /// The time of the last one, in microseconds.
    pub last: i64,
}

impl Backoff {
    /// The longest delay, in microseconds.
    pub const LONGEST_MICROS: i64 = 15 * 60 * 1_000_000;

    /// Returns the largest count of failures. Further ones change nothing.
    pub const fn max_count(self) -> u32 {
        self.free.saturating_add(MAX_DOUBLINGS)
    }

    /// Returns the first delay, in microseconds.
    pub fn first_micros(self) -> i64 {
        i64::try_from(self.first.as_micros()).unwrap_or(i64::MAX)
    }

    /// Returns the delay after a number of failures, in microseconds.
    fn delay(self, count: u32) -> i64 {
        match count.checked_sub(self.free) {
            None => 0,
            Some(doublings) => {
                let factor = 1_i64 << doublings.min(MAX_DOUBLINGS);
                let delay = self.first_micros().saturating_mul(factor);
                delay.min(Self::LONGEST_MICROS)
            }
        }
    }

    /// Counts one failure at `now`, before the outcome of its attempt is known,
    /// unless the delay after the previous ones has not passed. Returns the
    /// failures afterwards, and the rest of that delay.
    ///
    /// A last failure in the future is one before the clock was set back: it
    /// counts as one of now, so that no delay lasts longer than
    /// [`Backoff::LONGEST`].
    pub fn begin(self, failures: Failures, now: i64) -> (Failures, Option<Duration>) {
        let last = failures.last.min(now);
        let elapsed = now.saturating_sub(last);
        let forgotten = u32::try_from(elapsed / Self::LONGEST_MICROS).unwrap_or(u32::MAX);
        let count = failures.count.saturating_sub(forgotten);
        let wait = self.delay(count).saturating_sub(elapsed);
        if wait > 0 {
            let wait = Duration::from_micros(wait.unsigned_abs());
            return (Failures { count, last }, Some(wait));
        }
        let count = count.saturating_add(1).min(self.max_count());
        (Failures { count, last: now }, None)
    }
}

impl Failures {
    /// Removes one failure, which turned out to be a success.
    #[must_use]
    pub const fn refund(self) -> Self {
        Self {
            count: self.count.saturating_sub(1),
            last: self.last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MICROS_A_SECOND: i64 = 1_000_000;
    const BACKOFF: Backoff = Backoff {
        free: 3,
        first: Duration::from_secs(1),
    };

    fn delay(failures: Failures, now: i64) -> Option<u64> {
        let (_, wait) = BACKOFF.begin(failures, now);
        wait.map(|wait| wait.as_secs())
    }

    #[test]
    fn the_delay_doubles_up_to_the_longest() {
        let mut failures = Failures::default();
        let mut now = 0;
        let mut delays = Vec::new();
        for _ in 0..16 {
            let (next, wait) = BACKOFF.begin(failures, now);
            assert_eq!(wait, None);
            failures = next;
            let wait = delay(failures, now).unwrap_or(0);
            delays.push(wait);
            now += i64::try_from(wait).unwrap_or(0) * MICROS_A_SECOND;
        }
        let doubling = [
            0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900,
        ];
        assert_eq!(delays, doubling);
    }

    #[test]
    fn failures_are_forgotten_one_by_one() {
        let many = Failures {
            count: BACKOFF.max_count(),
            last: 0,
        };
        let count = |longest: i64| {
            BACKOFF
                .begin(many, longest * Backoff::LONGEST_MICROS)
                .0
                .count
        };
        assert_eq!(count(1), 13);
        assert_eq!(count(2), 12);
        assert_eq!(count(13), 1);
        assert_eq!(count(1000), 1);
    }

    #[test]
    fn a_clock_set_back_delays_by_the_longest_at_most() {
        let many = Failures {
            count: BACKOFF.max_count(),
            last: 1_000_000 * MICROS_A_SECOND,
        };
        let (clamped, wait) = BACKOFF.begin(many, 0);
        assert_eq!(wait, Some(Backoff::LONGEST));
        let (_, wait) = BACKOFF.begin(clamped, Backoff::LONGEST_MICROS);
        assert_eq!(wait, None);
    }
}
