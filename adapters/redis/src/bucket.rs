//! The arithmetic of a limit: the generic cell rate algorithm.
//!
//! A bucket is one number, the moment at which it will be whole again, in
//! microseconds: each try moves it on by what one try takes to come back. What
//! [`Bucket::take`] does here, `take.lua` does in the server, for all processes
//! in one step.

use std::time::Duration;

use tenantry_application::ports::{RateDecision, RateLimit};

const MICROS_A_MINUTE: u64 = 60_000_000;

/// What one rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bucket {
    burst: u32,
    /// What one try takes to come back, in microseconds.
    interval: i64,
}

impl Bucket {
    pub(crate) fn new(limit: RateLimit) -> Self {
        // Rounded up: rather a little stricter than said.
        let interval = MICROS_A_MINUTE.div_ceil(u64::from(limit.per_minute.get()));
        Self {
            burst: limit.burst.get(),
            interval: i64::try_from(interval).unwrap_or(i64::MAX),
        }
    }

    /// What one try takes to come back, in microseconds.
    pub(crate) const fn interval(self) -> i64 {
        self.interval
    }

    /// What an empty bucket takes to be whole, in microseconds.
    pub(crate) fn window(self) -> i64 {
        self.interval.saturating_mul(i64::from(self.burst))
    }

    /// Takes one try at `now` out of a bucket that is `whole_at`: whether it
    /// may go on, and when the bucket is whole afterwards. Never further ahead
    /// than an empty one, so that a clock set back locks nobody out for long.
    pub(crate) fn take(self, whole_at: i64, now: i64) -> (bool, i64) {
        let end = now.saturating_add(self.window());
        let whole_at = whole_at.max(now).min(end);
        let taken = whole_at.saturating_add(self.interval);
        if taken <= end {
            (true, taken)
        } else {
            (false, whole_at)
        }
    }

    /// What to answer after a try that left the bucket `whole_at`.
    pub(crate) fn decision(self, allowed: bool, whole_at: i64, now: i64) -> RateDecision {
        let missing = whole_at.saturating_sub(now).clamp(0, self.window());
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
    fn a_clock_set_back_does_not_lock_out() {
        let bucket = bucket(60, 2);
        let mut whole_at = 0;
        for _ in 0..3 {
            (_, whole_at) = bucket.take(whole_at, 3600 * SECOND);
        }
        let (allowed, whole_at) = bucket.take(whole_at, 0);
        assert!(!allowed);
        assert!(bucket.take(whole_at, SECOND).0);
    }

    #[test]
    fn fractions_are_never_in_favour_of_who_tries() {
        let bucket = bucket(7, 7);
        let mut whole_at = 0;
        for left in (0..7).rev() {
            let (allowed, next) = bucket.take(whole_at, 0);
            assert_eq!(bucket.decision(allowed, next, 0).remaining, left);
            whole_at = next;
        }
        let (allowed, whole_at) = bucket.take(whole_at, 0);
        let refused = bucket.decision(allowed, whole_at, 0);
        assert!(!refused.allowed);
        assert!(7 * refused.reset_after >= Duration::from_mins(1));
    }
}
