//! The conformance suite of rate limiters.

#![expect(clippy::expect_used, reason = "a failed case panics")]

mod attempts;

use std::time::Duration;

use async_trait::async_trait;
use tenantry_application::ports::{RateDecision, RateLimiter, RateRule};

use super::suite::suite;

/// A limiter that has counted no attempt yet. Every rule allows a burst of
/// [`BURST`] attempts, and 60 a minute (one a second).
#[async_trait]
pub trait RateFixture: Send + Sync {
    /// Returns the limiter under test.
    fn limiter(&self) -> &dyn RateLimiter;

    /// Advances the limiter's clock.
    async fn pass(&self, time: Duration);
}

/// The burst that every rule allows.
pub const BURST: u32 = 3;

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
            keys_are_counted_separately
            rules_are_counted_separately
            any_text_is_a_key
            concurrent_attempts_are_counted_exactly;
    }
}
