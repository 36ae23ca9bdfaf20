//! Delivery of signals.

use std::time::Duration;

use futures_util::future::join_all;
use tenantry_application::ports::{EpochSubject, Signal};
use tenantry_domain::id::TenantId;
use tokio::time::timeout;
use uuid::Uuid;

use super::{SignalWorld, up_to, user};
use crate::harness::until;

pub(super) async fn other_processes_receive_every_kind(world: &SignalWorld) {
    let mut received = world.other.subscribe();
    let tenant = TenantId::from_uuid(Uuid::from_u128(7));
    let tenant = Signal::EpochRaised(EpochSubject::Tenant(tenant));
    for signal in [Signal::JobsAdded, user(7), tenant] {
        world.one.publish(&[signal]);
        assert!(up_to(&mut received, signal).await.contains(&signal));
    }
}

pub(super) async fn the_sender_receives_its_signals_once(world: &SignalWorld) {
    let mut received = world.one.subscribe();
    world.one.publish(&[user(1)]);
    assert_eq!(up_to(&mut received, user(1)).await, [user(1)]);
    world.other.publish(&[user(2)]);
    // The copy that comes back from the transport is dropped.
    assert_eq!(up_to(&mut received, user(2)).await, [user(2)]);
}

pub(super) async fn installations_are_isolated(world: &SignalWorld) {
    let mut received = world.other.subscribe();
    world.stranger.publish(&[user(1)]);
    world.one.publish(&[user(2)]);
    assert!(!up_to(&mut received, user(2)).await.contains(&user(1)));
    world.stranger.publish(&[user(3)]);
    world.one.publish(&[user(4)]);
    assert!(!up_to(&mut received, user(4)).await.contains(&user(3)));
}

pub(super) async fn every_subscriber_receives_a_signal(world: &SignalWorld) {
    let mut subscribers: Vec<_> = (0..3).map(|_| world.other.subscribe()).collect();
    world.one.publish(&[user(1)]);
    join_all(subscribers.iter_mut().map(|it| up_to(it, user(1)))).await;
}

pub(super) async fn a_flood_blocks_no_sender(world: &SignalWorld) {
    // A subscriber that never reads must not block the sender.
    let _idle = world.other.subscribe();
    for number in 0..100_000 {
        world.one.publish(&[user(number)]);
    }
    // Signals may be lost during the flood, but not after it.
    let mut received = world.other.subscribe();
    until("a new signal is received", async || {
        world.one.publish(&[user(200_000)]);
        let signals = up_to(&mut received, user(200_000));
        timeout(Duration::from_millis(100), signals).await.ok()
    })
    .await;
}

pub(super) async fn a_probe_succeeds(world: &SignalWorld) {
    world.one.probe().await.expect("healthy");
}
