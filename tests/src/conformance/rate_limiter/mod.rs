//! Limits on how often something may be tried.

#![expect(clippy::expect_used, reason = "a failed case panics")]

mod tries;

use std::time::Duration;

use async_trait::async_trait;
use tenantry_application::ports::{RateDecision, RateLimiter, RateRule};

use super::suite::suite;

/// A limiter that has counted nothing yet. Every rule allows [`BURST`] tries in
/// a row and sixty a minute, one a second.
#[async_trait]
pub trait RateFixture: Send + Sync {
    /// The limiter under test.
    fn limiter(&self) -> &dyn RateLimiter;

    /// Lets time pass, on the clock that the limiter goes by.
    async fn pass(&self, time: Duration);
}

/// How many tries in a row every rule must allow.
pub const BURST: u32 = 3;

/// A fresh limiter.
pub struct LimiterWorld {
    fixture: Box<dyn RateFixture>,
}

impl LimiterWorld {
    /// The world of a fresh limiter.
    pub fn new(fixture: impl RateFixture + 'static) -> Self {
        let fixture = Box::new(fixture);
        Self { fixture }
    }

    async fn attempt(&self, rule: RateRule, key: &str) -> RateDecision {
        let decision = self.fixture.limiter().check(rule, key).await;
        decision.expect("the limiter answers")
    }

    /// Tries until it is refused, and says how often it went on.
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
        tries:
            a_burst_is_allowed_and_counted_down
            tries_come_back_one_by_one
            a_refusal_says_when_to_come_back
            refused_tries_cost_nothing
            the_limit_is_whole_when_it_says_so
            keys_are_counted_apart
            rules_are_counted_apart
            hostile_keys_are_keys
            concurrent_tries_are_counted_exactly;
    }
}
