//! Rate limits within one process.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tenantry_application::{
    ports::{Clock, PortError, RateDecision, RateLimiter, RateLimits, RateRule},
    rates::{Bucket, CounterTable, Failures},
};
use tenantry_domain::Timestamp;

/// The buckets and failures of all keys.
pub struct MemoryRateLimiter {
    limits: RateLimits,
    clock: MonotonicClock,
    buckets: CounterTable<(RateRule, String), i64>,
    failures: CounterTable<String, Failures>,
}

impl MemoryRateLimiter {
    /// Creates a limiter that has counted nothing.
    pub fn new(limits: RateLimits, clock: &Arc<dyn Clock>) -> Self {
        Self {
            limits,
            clock: MonotonicClock::new(Arc::clone(clock)),
            buckets: CounterTable::default(),
            failures: CounterTable::default(),
        }
    }

    /// Returns the number of keys in memory.
    pub fn remembered(&self) -> usize {
        self.buckets.len() + self.failures.len()
    }

    fn change(
        &self,
        rule: RateRule,
        key: &str,
        change: fn(Bucket, i64, i64) -> (bool, i64),
    ) -> RateDecision {
        let Some(limit) = self.limits.of(rule) else {
            return RateDecision::UNLIMITED;
        };
        let (bucket, now) = (Bucket::new(limit), self.clock.micros());
        self.buckets.change((rule, key.to_owned()), now, |full_at| {
            let (allowed, full_at) = change(bucket, full_at, now);
            (full_at, bucket.decision(allowed, full_at, now))
        })
    }
}

#[async_trait]
impl RateLimiter for MemoryRateLimiter {
    async fn check(&self, rule: RateRule, key: &str) -> Result<RateDecision, PortError> {
        Ok(self.change(rule, key, Bucket::take))
    }

    async fn refund(&self, rule: RateRule, key: &str) -> Result<RateDecision, PortError> {
        Ok(self.change(rule, key, |bucket, full_at, now| {
            (true, bucket.refund(full_at, now))
        }))
    }

    async fn begin(&self, key: &str) -> Result<Option<Duration>, PortError> {
        let Some(backoff) = self.limits.backoff else {
            return Ok(None);
        };
        let now = self.clock.micros();
        let begin = |failures| backoff.begin(failures, now);
        Ok(self.failures.change(key.to_owned(), now, begin))
    }

    async fn succeed(&self, key: &str) -> Result<(), PortError> {
        if self.limits.backoff.is_some() {
            let refund = |failures: Failures| (failures.refund(), ());
            let now = self.clock.micros();
            self.failures.change(key.to_owned(), now, refund);
        }
        Ok(())
    }
}

/// The time since the start, as the sum of the forward steps of the clock: if
/// the clock is set back, buckets continue to fill.
struct MonotonicClock {
    clock: Arc<dyn Clock>,
    elapsed: Mutex<(Timestamp, Duration)>,
}

impl MonotonicClock {
    fn new(clock: Arc<dyn Clock>) -> Self {
        let elapsed = Mutex::new((clock.now(), Duration::ZERO));
        Self { clock, elapsed }
    }

    /// Returns the time since the start, in microseconds.
    fn micros(&self) -> i64 {
        let mut elapsed = self.elapsed.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let (last, total) = *elapsed;
        *elapsed = (now, total.saturating_add(now.since(last)));
        i64::try_from(elapsed.1.as_micros()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use std::num::NonZeroU32;

    use tenantry_application::ports::{Backoff, RateLimit};

    use super::*;
    use crate::testing::ManualClock;

    fn limiter(clock: &Arc<ManualClock>) -> MemoryRateLimiter {
        let limit = RateLimit {
            per_minute: NonZeroU32::new(60).expect("not zero"),
            burst: NonZeroU32::new(2).expect("not zero"),
        };
        let limits = RateLimits {
            auth: Some(limit),
            backoff: Some(Backoff {
                free: 1,
                first: Duration::from_secs(1),
            }),
            ..RateLimits::default()
        };
        let clock: Arc<dyn Clock> = clock.clone();
        MemoryRateLimiter::new(limits, &clock)
    }

    async fn allowed(limiter: &MemoryRateLimiter, key: &str) -> bool {
        let decision = limiter.check(RateRule::Auth, key).await;
        decision.expect("memory does not fail").allowed
    }

    #[tokio::test]
    async fn idle_keys_are_removed() {
        let clock = Arc::new(ManualClock::new(Timestamp::EPOCH));
        let limiter = limiter(&clock);
        for n in 0..10_240 {
            assert!(allowed(&limiter, &n.to_string()).await);
            clock.advance(Duration::from_millis(100));
        }
        assert!(limiter.remembered() <= 1024 + 100);
    }

    #[tokio::test]
    async fn setting_the_clock_back_does_not_lock_out() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(3_600_000)));
        let limiter = limiter(&clock);
        while allowed(&limiter, "ann").await {}
        clock.set(Timestamp::EPOCH);
        assert!(!allowed(&limiter, "ann").await);
        clock.advance(Duration::from_secs(1));
        assert!(allowed(&limiter, "ann").await);
    }

    #[tokio::test]
    async fn setting_the_clock_back_extends_no_delay() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(3_600_000)));
        let limiter = limiter(&clock);
        let begin = async || limiter.begin("ann").await.expect("memory does not fail");
        assert_eq!(begin().await, None);
        clock.set(Timestamp::EPOCH);
        assert_eq!(begin().await, Some(Duration::from_secs(1)));
        clock.advance(Duration::from_secs(1));
        assert_eq!(begin().await, None);
    }

    #[tokio::test]
    async fn checks_without_a_limit_are_allowed() {
        let clock = Arc::new(ManualClock::new(Timestamp::EPOCH));
        let limiter = limiter(&clock);
        for _ in 0..1000 {
            let decision = limiter.check(RateRule::Registration, "ann").await;
            assert_eq!(
                decision.expect("memory does not fail"),
                RateDecision::UNLIMITED
            );
        }
        assert_eq!(limiter.remembered(), 0);
    }
}
