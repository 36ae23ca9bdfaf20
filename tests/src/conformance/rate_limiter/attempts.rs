//! Counting attempts.

use std::time::Duration;

use futures_util::future::join_all;
use tenantry_application::ports::RateRule;

use super::{BURST, FREE, LimiterWorld};

const SECOND: Duration = Duration::from_secs(1);

pub(super) async fn a_burst_is_allowed_and_counted_down(world: &LimiterWorld) {
    for left in (0..BURST).rev() {
        let decision = world.attempt(RateRule::Auth, "ann").await;
        assert!(decision.allowed);
        assert_eq!((decision.limit, decision.remaining), (BURST, left));
    }
    let decision = world.attempt(RateRule::Auth, "ann").await;
    assert!(!decision.allowed);
    assert_eq!((decision.limit, decision.remaining), (BURST, 0));
}

pub(super) async fn attempts_are_replenished_one_by_one(world: &LimiterWorld) {
    assert_eq!(world.exhaust(RateRule::Auth, "ann").await, BURST);
    world.fixture.pass(SECOND).await;
    assert_eq!(world.exhaust(RateRule::Auth, "ann").await, 1);
    world.fixture.pass(2 * SECOND).await;
    assert_eq!(world.exhaust(RateRule::Auth, "ann").await, 2);
    world.fixture.pass(100 * SECOND).await;
    assert_eq!(world.exhaust(RateRule::Auth, "ann").await, BURST);
}

pub(super) async fn a_denial_states_the_time_of_the_next_attempt(world: &LimiterWorld) {
    world.exhaust(RateRule::Auth, "ann").await;
    let denied = world.attempt(RateRule::Auth, "ann").await;
    assert!(denied.reset_after > Duration::ZERO && denied.reset_after <= SECOND);
    world.fixture.pass(denied.reset_after).await;
    assert!(world.attempt(RateRule::Auth, "ann").await.allowed);
}

pub(super) async fn denied_attempts_are_not_counted(world: &LimiterWorld) {
    world.exhaust(RateRule::Auth, "ann").await;
    for _ in 0..50 {
        assert!(!world.attempt(RateRule::Auth, "ann").await.allowed);
    }
    world.fixture.pass(SECOND).await;
    assert!(world.attempt(RateRule::Auth, "ann").await.allowed);
}

pub(super) async fn the_burst_is_replenished_at_the_reset(world: &LimiterWorld) {
    let mut decision = world.attempt(RateRule::Auth, "ann").await;
    while decision.remaining > 0 {
        decision = world.attempt(RateRule::Auth, "ann").await;
    }
    assert!(decision.allowed);
    world.fixture.pass(decision.reset_after).await;
    assert_eq!(world.exhaust(RateRule::Auth, "ann").await, BURST);
}

pub(super) async fn a_refund_restores_one_attempt(world: &LimiterWorld) {
    let limiter = world.fixture.limiter();
    world.exhaust(RateRule::Auth, "ann").await;
    let refunded = limiter.refund(RateRule::Auth, "ann").await;
    let refunded = refunded.expect("a decision");
    assert_eq!((refunded.limit, refunded.remaining), (BURST, 1));
    assert_eq!(world.exhaust(RateRule::Auth, "ann").await, 1);
    // A full bucket stays full, also after many successes in every process.
    for _ in 0..10 {
        assert!(world.attempt(RateRule::Auth, "bob").await.allowed);
        let refunded = limiter.refund(RateRule::Auth, "bob").await;
        assert_eq!(refunded.expect("a decision").remaining, BURST);
    }
    let refunded = limiter.refund(RateRule::Auth, "bob").await;
    assert_eq!(refunded.expect("a decision").remaining, BURST);
    assert_eq!(world.exhaust(RateRule::Auth, "bob").await, BURST);
}

pub(super) async fn keys_are_counted_separately(world: &LimiterWorld) {
    world.exhaust(RateRule::Auth, "ann").await;
    assert_eq!(world.exhaust(RateRule::Auth, "bob").await, BURST);
    assert!(!world.attempt(RateRule::Auth, "ann").await.allowed);
}

pub(super) async fn rules_are_counted_separately(world: &LimiterWorld) {
    world.exhaust(RateRule::Auth, "ann").await;
    for rule in RateRule::ALL
        .into_iter()
        .filter(|rule| *rule != RateRule::Auth)
    {
        assert_eq!(world.exhaust(rule, "ann").await, BURST, "{rule:?}");
    }
}

pub(super) async fn any_text_is_a_key(world: &LimiterWorld) {
    let long = "x".repeat(10_000);
    for key in [
        "",
        " ",
        "*",
        "a\r\nb",
        "a\0b",
        "{ann}",
        "履歴書 🗂",
        "2001:db8::1",
        &long,
    ] {
        assert_eq!(world.exhaust(RateRule::Auth, key).await, BURST, "{key:?}");
        assert_eq!(world.fail(key).await, u64::from(FREE), "{key:?}");
    }
}

pub(super) async fn concurrent_attempts_are_counted_exactly(world: &LimiterWorld) {
    let attempts = (0..64).map(|_| world.attempt(RateRule::Auth, "ann"));
    let decisions = join_all(attempts).await;
    let allowed = decisions.iter().filter(|decision| decision.allowed).count();
    assert_eq!(u32::try_from(allowed), Ok(BURST));
}
