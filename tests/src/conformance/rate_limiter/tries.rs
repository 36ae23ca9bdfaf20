//! Counting tries.

use std::time::Duration;

use futures_util::future::join_all;
use tenantry_application::ports::RateRule;

use super::{BURST, LimiterWorld};

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

pub(super) async fn tries_come_back_one_by_one(world: &LimiterWorld) {
    assert_eq!(world.exhaust(RateRule::Auth, "ann").await, BURST);
    world.fixture.pass(SECOND).await;
    assert_eq!(world.exhaust(RateRule::Auth, "ann").await, 1);
    world.fixture.pass(2 * SECOND).await;
    assert_eq!(world.exhaust(RateRule::Auth, "ann").await, 2);
    world.fixture.pass(100 * SECOND).await;
    assert_eq!(world.exhaust(RateRule::Auth, "ann").await, BURST);
}

pub(super) async fn a_refusal_says_when_to_come_back(world: &LimiterWorld) {
    world.exhaust(RateRule::Auth, "ann").await;
    let refused = world.attempt(RateRule::Auth, "ann").await;
    assert!(refused.reset_after > Duration::ZERO && refused.reset_after <= SECOND);
    world.fixture.pass(refused.reset_after).await;
    assert!(world.attempt(RateRule::Auth, "ann").await.allowed);
}

pub(super) async fn refused_tries_cost_nothing(world: &LimiterWorld) {
    world.exhaust(RateRule::Auth, "ann").await;
    for _ in 0..50 {
        assert!(!world.attempt(RateRule::Auth, "ann").await.allowed);
    }
    world.fixture.pass(SECOND).await;
    assert!(world.attempt(RateRule::Auth, "ann").await.allowed);
}

pub(super) async fn the_limit_is_whole_when_it_says_so(world: &LimiterWorld) {
    let mut decision = world.attempt(RateRule::Auth, "ann").await;
    while decision.remaining > 0 {
        decision = world.attempt(RateRule::Auth, "ann").await;
    }
    assert!(decision.allowed);
    world.fixture.pass(decision.reset_after).await;
    assert_eq!(world.exhaust(RateRule::Auth, "ann").await, BURST);
}

pub(super) async fn keys_are_counted_apart(world: &LimiterWorld) {
    world.exhaust(RateRule::Auth, "ann").await;
    assert_eq!(world.exhaust(RateRule::Auth, "bob").await, BURST);
    assert!(!world.attempt(RateRule::Auth, "ann").await.allowed);
}

pub(super) async fn rules_are_counted_apart(world: &LimiterWorld) {
    world.exhaust(RateRule::Auth, "ann").await;
    assert_eq!(world.exhaust(RateRule::Account, "ann").await, BURST);
    assert_eq!(world.exhaust(RateRule::Examination, "ann").await, BURST);
}

pub(super) async fn hostile_keys_are_keys(world: &LimiterWorld) {
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
        assert_eq!(
            world.exhaust(RateRule::Account, key).await,
            BURST,
            "{key:?}"
        );
    }
}

pub(super) async fn concurrent_tries_are_counted_exactly(world: &LimiterWorld) {
    let tries = (0..64).map(|_| world.attempt(RateRule::Auth, "ann"));
    let decisions = join_all(tries).await;
    let allowed = decisions.iter().filter(|decision| decision.allowed).count();
    assert_eq!(u32::try_from(allowed), Ok(BURST));
}
