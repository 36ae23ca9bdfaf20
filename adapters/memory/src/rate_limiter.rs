//! Rate limits within one process.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use governor::{
    Quota, RateLimiter as Governor, clock::Clock as GovernorClock,
    middleware::StateInformationMiddleware, state::keyed::DashMapStateStore,
};
use tenantry_application::ports::{
    Clock, PortError, RateDecision, RateLimit, RateLimiter, RateLimits, RateRule,
};
use tenantry_domain::Timestamp;

/// One bucket per rule and key, by the generic cell rate algorithm: capacity is
/// restored steadily, not all at the end of a minute.
pub struct MemoryRateLimiter {
    auth: Option<Buckets>,
    account: Option<Buckets>,
    examination: Option<Buckets>,
}

impl MemoryRateLimiter {
    /// Creates a limiter with full buckets.
    pub fn new(limits: RateLimits, clock: &Arc<dyn Clock>) -> Self {
        let buckets = |limit| Buckets::new(limit, Arc::clone(clock));
        Self {
            auth: limits.auth.map(buckets),
            account: limits.account.map(buckets),
            examination: limits.examination.map(buckets),
        }
    }

    /// Returns the number of keys in memory.
    pub fn remembered(&self) -> usize {
        let rules = [&self.auth, &self.account, &self.examination];
        let rules = rules.into_iter().flatten();
        rules.map(|buckets| buckets.governor.len()).sum()
    }
}

#[async_trait]
impl RateLimiter for MemoryRateLimiter {
    async fn check(&self, rule: RateRule, key: &str) -> Result<RateDecision, PortError> {
        let buckets = match rule {
            RateRule::Auth => &self.auth,
            RateRule::Account => &self.account,
            RateRule::Examination => &self.examination,
        };
        Ok(buckets
            .as_ref()
            .map_or(RateDecision::UNLIMITED, |buckets| buckets.check(key)))
    }
}

/// The minimum number of checks between two sweeps.
const CHECKS_BETWEEN_SWEEPS: usize = 1024;

/// The buckets of one rule.
struct Buckets {
    governor:
        Governor<String, DashMapStateStore<String>, MonotonicClock, StateInformationMiddleware>,
    burst: u32,
    interval: Duration,
    until_sweep: AtomicUsize,
}

impl Buckets {
    fn new(limit: RateLimit, clock: Arc<dyn Clock>) -> Self {
        let quota = Quota::per_minute(limit.per_minute).allow_burst(limit.burst);
        let governor = Governor::dashmap_with_clock(quota, MonotonicClock::new(clock));
        Self {
            governor: governor.with_middleware(),
            burst: limit.burst.get(),
            interval: quota.replenish_interval(),
            until_sweep: AtomicUsize::new(CHECKS_BETWEEN_SWEEPS),
        }
    }

    fn check(&self, key: &str) -> RateDecision {
        self.sweep_if_due();
        match self.governor.check_key(&key.to_owned()) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                RateDecision {
                    allowed: true,
                    limit: self.burst,
                    remaining,
                    reset_after: self.interval * self.burst.saturating_sub(remaining),
                }
            }
            Err(refused) => RateDecision {
                allowed: false,
                limit: self.burst,
                remaining: 0,
                reset_after: refused.wait_time_from(self.governor.clock().now()),
            },
        }
    }

    /// Removes keys with a full bucket, every so often. A sweep reads every key,
    /// so at least as many checks precede it as there are keys: the cost per
    /// check is constant.
    fn sweep_if_due(&self) {
        let decrement = |left: usize| left.checked_sub(1);
        let left = self
            .until_sweep
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, decrement);
        if left == Ok(1) {
            self.governor.retain_recent();
            let checks = self.governor.len().max(CHECKS_BETWEEN_SWEEPS);
            self.until_sweep.store(checks, Ordering::Relaxed);
        }
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
}

impl GovernorClock for MonotonicClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        let mut elapsed = self.elapsed.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let (last, total) = *elapsed;
        *elapsed = (now, total.saturating_add(now.since(last)));
        elapsed.1
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::testing::ManualClock;

    fn limiter(clock: &Arc<ManualClock>) -> MemoryRateLimiter {
        let limit = RateLimit {
            per_minute: NonZeroU32::new(60).expect("not zero"),
            burst: NonZeroU32::new(2).expect("not zero"),
        };
        let limits = RateLimits {
            auth: Some(limit),
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
        for n in 0..10 * CHECKS_BETWEEN_SWEEPS {
            assert!(allowed(&limiter, &n.to_string()).await);
            clock.advance(Duration::from_millis(100));
        }
        assert!(limiter.remembered() <= CHECKS_BETWEEN_SWEEPS + 100);
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
    async fn checks_without_a_limit_are_allowed() {
        let clock = Arc::new(ManualClock::new(Timestamp::EPOCH));
        let limiter = limiter(&clock);
        for _ in 0..1000 {
            let decision = limiter.check(RateRule::Account, "ann").await;
            assert_eq!(
                decision.expect("memory does not fail"),
                RateDecision::UNLIMITED
            );
        }
        assert_eq!(limiter.remembered(), 0);
    }
}
