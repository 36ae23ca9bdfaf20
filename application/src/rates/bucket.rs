//! Buckets of attempts, by the generic cell rate algorithm.
//!
//! The state is one number, the time at which the bucket is full again; each
//! attempt advances it by one refill interval. Capacity is therefore restored
//! steadily, not all at the end of a minute.

use std::time::Duration;

use crate::ports::{RateDecision, RateLimit};

const MICROS_A_MINUTE: u64 = 60_000_000;

/// The parameters of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    burst: u32,
    /// The refill interval of one attempt, in microseconds.
    interval: i64,
}

impl Bucket {
    /// Creates the bucket of a limit.
    pub fn new(limit: RateLimit) -> Self {
        // Rounded up, so that the configured rate is never exceeded.
        let interval = MICROS_A_MINUTE.div_ceil(u64::from(limit.per_minute.get()));
        Self {
            burst: limit.burst.get(),
            interval: i64::try_from(interval).unwrap_or(i64::MAX),
        }
    }

    /// Returns the refill interval of one attempt, in microseconds.
    pub const fn interval(self) -> i64 {
        self.interval
    }

    /// Returns the time an empty bucket takes to refill, in microseconds.
    pub fn window(self) -> i64 {
        self.interval.saturating_mul(i64::from(self.burst))
    }

    /// Takes one attempt at `now` from a bucket that is full at `full_at`.
    /// Returns whether it is allowed, and when the bucket is full afterwards:
    /// at most one window ahead, so that a clock set back does not block a key
    /// for longer.
    pub fn take(self, full_at: i64, now: i64) -> (bool, i64) {
        let end = now.saturating_add(self.window());
        let full_at = full_at.max(now).min(end);
        let next = full_at.saturating_add(self.interval);
        if next <= end {
            (true, next)
        } else {
            (false, full_at)
        }
    }

    /// Gives one attempt back. Returns when the bucket is full afterwards.
    pub fn refund(self, full_at: i64, now: i64) -> i64 {
        let end = now.saturating_add(self.window());
        full_at.min(end).saturating_sub(self.interval).max(now)
    }

    /// Returns the decision on an attempt that left the bucket at `full_at`.
    pub fn decision(self, allowed: bool, full_at: i64, now: i64) -> RateDecision {
        let missing = full_at.saturating_sub(now).clamp(0, self.window());
        let (remaining, reset_after) = if allowed {
            let left = (self.window() - missing) / self.interval;
            (u32::try_from(left).unwrap_or(0), missing)
        } else {
            let wait = missing.saturating_add(self.interval) - self.window();
            (0, wait.max(0))
        };
        RateDecision {
            allowed,
            limit: self.burst,
            remaining,
            reset_after: Duration::from_micros(reset_after.unsigned_abs()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const SECOND: i64 = 1_000_000;

    fn bucket(per_minute: u32, burst: u32) -> Bucket {
        Bucket::new(RateLimit {
            per_minute: NonZeroU32::new(per_minute).expect("not zero"),
            burst: NonZeroU32::new(burst).expect("not zero"),
        })
    }

    #[test]
    fn a_clock_set_back_blocks_for_one_window_at_most() {
        let bucket = bucket(60, 2);
        let mut full_at = 0;
        for _ in 0..3 {
            (_, full_at) = bucket.take(full_at, 3600 * SECOND);
        }
        let (allowed, full_at) = bucket.take(full_at, 0);
        assert!(!allowed);
        assert!(bucket.take(full_at, SECOND).0);
    }

    #[test]
    fn fractional_intervals_never_exceed_the_rate() {
        let bucket = bucket(7, 7);
        let mut full_at = 0;
        for left in (0..7).rev() {
            let (allowed, next) = bucket.take(full_at, 0);
            assert_eq!(bucket.decision(allowed, next, 0).remaining, left);
            full_at = next;
        }
        let (allowed, full_at) = bucket.take(full_at, 0);
        let refused = bucket.decision(allowed, full_at, 0);
        assert!(!refused.allowed);
        assert!(7 * refused.reset_after >= Duration::from_mins(1));
    }
}
