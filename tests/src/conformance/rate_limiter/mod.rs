//! The conformance suite of rate limiters.

#![expect(clippy::expect_used, reason = "a failed case panics")]

mod attempts;
mod failures;

use std::time::Duration;

use async_trait::async_trait;
use tenantry_application::ports::{Backoff, RateDecision, RateLimiter, RateRule};

use super::suite::suite;

/// A limiter that has counted no attempt yet. Every rule allows a burst of
/// [`BURST`] attempts, and 60 a minute (one a second); [`FREE`] failures have no
/// delay.
#[async_trait]
pub trait RateFixture: Send + Sync {
    /// Returns the limiter under test.
    fn limiter(&self) -> &dyn RateLimiter;

    /// Advances the limiter's clock.
    async fn pass(&self, time: Duration);

    /// Sets the limiter's clock back.
    async fn set_back(&self, time: Duration);
}

/// The burst that every rule allows.
pub const BURST: u32 = 3;

/// The number of failures without a delay.
pub const FREE: u32 = 5;

/// The delay after failures: one second, then two and so on.
pub const BACKOFF: Backoff = Backoff {
    free: FREE,
    first: Duration::from_secs(1),
};

/// A limiter under test.
pub struct LimiterWorld {
    fixture: Box<dyn RateFixture>,
}

impl LimiterWorld {
    /// Creates the world of a fresh limiter.
    pub fn new(fixture: impl RateFixture + 'static) -> Self {
        let fixture = Box::new(fixture);
        Self { fixture }
    }

    async fn attempt(&self, rule: RateRule, key: &str) -> RateDecision {
        let decision = self.fixture.limiter().check(rule, key).await;
        decision.expect("a decision")
    }

    async fn begin(&self, key: &str) -> Option<Duration> {
        let wait = self.fixture.limiter().begin(key).await;
        wait.expect("a decision")
    }

    async fn succeed(&self, key: &str) {
        let counted = self.fixture.limiter().succeed(key).await;
        counted.expect("a counted success");
    }

    /// Fails until a delay; returns the number of failures.
    async fn fail(&self, key: &str) -> u64 {
        let mut failures = 0;
        while failures < 1000 && self.begin(key).await.is_none() {
            failures += 1;
        }
        failures
    }

    /// Attempts until one is denied; returns the number of allowed attempts.
    async fn exhaust(&self, rule: RateRule, key: &str) -> u32 {
        let mut allowed = 0;
        while allowed < 1000 && self.attempt(rule, key).await.allowed {
            allowed += 1;
        }
        allowed
    }
}

suite! {
    $ rate_limiter_suite: rate_limiter::LimiterWorld {
        attempts:
            a_burst_is_allowed_and_counted_down
            attempts_are_replenished_one_by_one
            a_denial_states_the_time_of_the_next_attempt
            denied_attempts_are_not_counted
            the_burst_is_replenished_at_the_reset
            a_refund_restores_one_attempt
            keys_are_counted_separately
            rules_are_counted_separately
            any_text_is_a_key
            concurrent_attempts_are_counted_exactly;
        failures:
            the_delay_grows_with_failures
            failures_are_forgotten
            successes_are_not_counted
            failures_of_keys_are_counted_separately
            concurrent_failures_are_counted_exactly
            a_jump_of_the_clock_delays_by_the_longest_at_most;
    }
}
