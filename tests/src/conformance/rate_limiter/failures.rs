//! Counting failures, and the growing delay after them.

use std::time::Duration;

use futures_util::future::join_all;
use tenantry_application::ports::Backoff;

use super::{FREE, LimiterWorld};

const SECOND: Duration = Duration::from_secs(1);

pub(super) async fn the_delay_grows_with_failures(world: &LimiterWorld) {
    assert_eq!(world.fail("ann").await, u64::from(FREE));
    for doublings in 0..10 {
        let delay = SECOND * 2_u32.pow(doublings);
        assert_eq!(world.begin("ann").await, Some(delay.min(Backoff::LONGEST)));
        world
            .fixture
            .pass(delay.saturating_sub(SECOND / 1000))
            .await;
        assert_eq!(world.begin("ann").await, Some(SECOND / 1000));
        world.fixture.pass(SECOND / 1000).await;
        assert_eq!(world.begin("ann").await, None);
    }
    assert_eq!(world.begin("ann").await, Some(Backoff::LONGEST));
}

pub(super) async fn failures_are_forgotten(world: &LimiterWorld) {
    world.fail("ann").await;
    world.fixture.pass(Backoff::LONGEST).await;
    assert_eq!(world.fail("ann").await, 1);
    world.fixture.pass(Backoff::LONGEST * 100).await;
    assert_eq!(world.fail("ann").await, u64::from(FREE));
}

pub(super) async fn successes_are_not_counted(world: &LimiterWorld) {
    for _ in 0..50 {
        assert_eq!(world.begin("ann").await, None);
        world.succeed("ann").await;
    }
    world.succeed("ann").await;
    assert_eq!(world.fail("ann").await, u64::from(FREE));
    assert_eq!(world.begin("ann").await, Some(SECOND));
    // A success removes its own failure only.
    world.fixture.pass(SECOND).await;
    assert_eq!(world.begin("ann").await, None);
    world.succeed("ann").await;
    assert_eq!(world.begin("ann").await, Some(SECOND));
}

pub(super) async fn failures_of_keys_are_counted_separately(world: &LimiterWorld) {
    world.fail("ann").await;
    assert_eq!(world.fail("bob").await, u64::from(FREE));
    assert_eq!(world.begin("ann").await, Some(SECOND));
}

pub(super) async fn concurrent_failures_are_counted_exactly(world: &LimiterWorld) {
    let waits = join_all((0..64).map(|_| world.begin("ann"))).await;
    let allowed = waits.iter().filter(|wait| wait.is_none()).count();
    assert_eq!(u32::try_from(allowed), Ok(FREE));
}

pub(super) async fn a_jump_of_the_clock_delays_by_the_longest_at_most(world: &LimiterWorld) {
    for _ in 0..FREE + 20 {
        while world.begin("ann").await.is_some() {
            world.fixture.pass(Backoff::LONGEST).await;
        }
    }
    world.fixture.set_back(Backoff::LONGEST * 1000).await;
    let wait = world.begin("ann").await.unwrap_or_default();
    assert!(wait <= Backoff::LONGEST, "{wait:?}");
    world.fixture.pass(wait).await;
    assert_eq!(world.begin("ann").await, None);
}
