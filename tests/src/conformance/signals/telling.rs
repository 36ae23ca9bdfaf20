//! Telling and hearing.

use std::time::Duration;

use futures_util::future::join_all;
use tenantry_application::ports::{EpochSubject, Signal};
use tenantry_domain::id::TenantId;
use tokio::time::timeout;
use uuid::Uuid;

use super::{SignalWorld, up_to, user};
use crate::harness::until;

pub(super) async fn the_others_hear_every_kind(world: &SignalWorld) {
    let mut heard = world.other.subscribe();
    let tenant = TenantId::from_uuid(Uuid::from_u128(7));
    let tenant = Signal::EpochRaised(EpochSubject::Tenant(tenant));
    for signal in [Signal::JobsAdded, user(7), tenant] {
        world.one.publish(&[signal]);
        assert!(up_to(&mut heard, signal).await.contains(&signal));
    }
}

pub(super) async fn who_tells_hears_it_too(world: &SignalWorld) {
    let mut heard = world.one.subscribe();
    world.one.publish(&[user(1)]);
    assert_eq!(up_to(&mut heard, user(1)).await, [user(1)]);
    world.other.publish(&[user(2)]);
    // Once, and not again when it comes back from wherever it was sent.
    assert_eq!(up_to(&mut heard, user(2)).await, [user(2)]);
}

pub(super) async fn installations_do_not_hear_each_other(world: &SignalWorld) {
    let mut heard = world.other.subscribe();
    world.stranger.publish(&[user(1)]);
    world.one.publish(&[user(2)]);
    assert!(!up_to(&mut heard, user(2)).await.contains(&user(1)));
    world.stranger.publish(&[user(3)]);
    world.one.publish(&[user(4)]);
    assert!(!up_to(&mut heard, user(4)).await.contains(&user(3)));
}

pub(super) async fn every_listener_hears(world: &SignalWorld) {
    let mut listeners: Vec<_> = (0..3).map(|_| world.other.subscribe()).collect();
    world.one.publish(&[user(1)]);
    join_all(listeners.iter_mut().map(|heard| up_to(heard, user(1)))).await;
}

pub(super) async fn a_flood_blocks_nobody(world: &SignalWorld) {
    // This one never listens, and is not waited for.
    let _idle = world.other.subscribe();
    for number in 0..100_000 {
        world.one.publish(&[user(number)]);
    }
    // What comes during the flood may be lost, what comes after it is heard.
    let mut heard = world.other.subscribe();
    until("something new is heard", async || {
        world.one.publish(&[user(200_000)]);
        let heard = up_to(&mut heard, user(200_000));
        timeout(Duration::from_millis(100), heard).await.ok()
    })
    .await;
}

pub(super) async fn who_is_there_gives_a_sign_of_life(world: &SignalWorld) {
    world.one.probe().await.expect("a sign of life");
}
