//! Guards and epochs: counters that make changes of sets visible.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tenantry_application::{
    ports::{CommitError, EpochChanges, EpochPosition, EpochSubject, Refusal},
    work::{Kind, PlatformWork},
};
use tenantry_domain::{id::UserId, membership::Membership};
use tokio::task::JoinHandle;

use super::world::{Outcome, ReadOutcome, World};
use crate::{
    conformance::samples::{NOW, at},
    harness::until,
};

async fn guards(world: &World, company: &super::world::Company) -> (u64, u64) {
    let tenant = world.tenant(company.id).await;
    (tenant.members_version, tenant.roles_version)
}

async fn raised(world: &World, since: Option<EpochPosition>) -> EpochChanges {
    world.store.epochs().raised_since(since).await.value()
}

async fn epoch(world: &World, subject: EpochSubject) -> u64 {
    let changes = raised(world, Some(EpochPosition(0))).await.changes;
    let change = changes.into_iter().find(|change| change.subject == subject);
    change.map_or(0, |change| change.epoch)
}

pub(super) async fn every_change_of_a_membership_raises_its_guards(world: &World) {
    let acme = world.company("Acme").await;
    let user = world.samples.user();
    let mut row = world.samples.membership(acme.id, user, &[]);
    assert_eq!(guards(world, &acme).await, (0, 0));
    world
        .commit(|work| work.memberships(NOW).add(&row))
        .await
        .done();
    assert_eq!(guards(world, &acme).await, (1, 0));
    world
        .commit(|work| work.memberships(NOW).update(&row))
        .await
        .done();
    row.revision = row.revision.next();
    world
        .commit(|work| work.memberships(NOW).remove(&row))
        .await
        .done();
    assert_eq!(guards(world, &acme).await, (3, 0));
    assert_eq!(epoch(world, EpochSubject::User(user)).await, 3);
    assert_eq!(epoch(world, EpochSubject::Tenant(acme.id)).await, 0);
}

pub(super) async fn every_change_of_a_role_raises_its_guards(world: &World) {
    let acme = world.company("Acme").await;
    let mut row = world.samples.role(acme.id, "Editor", &[]);
    world.commit(|work| work.roles(NOW).add(&row)).await.done();
    world
        .commit(|work| work.roles(NOW).update(&row))
        .await
        .done();
    row.revision = row.revision.next();
    world
        .commit(|work| work.roles(NOW).remove(&row))
        .await
        .done();
    assert_eq!(guards(world, &acme).await, (0, 3));
    assert_eq!(epoch(world, EpochSubject::Tenant(acme.id)).await, 3);
}

pub(super) async fn a_unit_raises_a_guard_once(world: &World) {
    let acme = world.company("Acme").await;
    let rows: Vec<Membership> = (0..3)
        .map(|_| world.samples.membership(acme.id, world.samples.user(), &[]))
        .collect();
    world
        .commit(|work| rows.iter().for_each(|row| work.memberships(NOW).add(row)))
        .await
        .done();
    assert_eq!(guards(world, &acme).await, (1, 0));
}

pub(super) async fn guards_and_the_tenant_row_are_independent(world: &World) {
    let acme = world.company("Acme").await;
    let read = world.tenant(acme.id).await;
    let row = world.samples.membership(acme.id, world.samples.user(), &[]);
    world
        .commit(|work| work.memberships(NOW).add(&row))
        .await
        .done();
    assert_eq!(world.tenant(acme.id).await.revision, read.revision);
    // A row that was read before the guard rose is not stale, and does not reset
    // the guard.
    world
        .commit(|work| work.tenants().update(&read))
        .await
        .done();
    assert_eq!(guards(world, &acme).await, (1, 0));
}

pub(super) async fn a_changed_guard_refuses_the_unit(world: &World) {
    let acme = world.company("Acme").await;
    let before = world.tenant(acme.id).await;
    let row = world.samples.membership(acme.id, world.samples.user(), &[]);
    world
        .commit(|work| work.memberships(NOW).add(&row))
        .await
        .done();
    let ann = world.samples.person("ann@example.com");
    let refusal = world
        .commit(|work| {
            work.identities().add(&ann);
            work.expect_members(&before);
        })
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Stale(Kind::Tenant));
    assert_eq!(world.store.identities().lookup(ann.id).await.value(), None);
    assert_eq!(guards(world, &acme).await, (1, 0));
    // The other guard has not moved; an expectation raises it.
    world.commit(|work| work.expect_roles(&before)).await.done();
    assert_eq!(guards(world, &acme).await, (1, 1));
    let refusal = world
        .commit(|work| work.expect_roles(&before))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Stale(Kind::Tenant));
}

pub(super) async fn a_guard_without_a_tenant_is_missing(world: &World) {
    let nobody = world.samples.tenant("Nobody");
    let row = world
        .samples
        .membership(nobody.id, world.samples.user(), &[]);
    let refusal = world
        .commit(|work| work.memberships(NOW).add(&row))
        .await
        .refusal();
    assert_eq!(refusal, Refusal::Missing(Kind::Tenant));
    let memberships = world.store.memberships();
    assert_eq!(
        memberships.lookup(nobody.id, row.user_id).await.value(),
        None
    );
}

pub(super) async fn a_new_tenant_and_its_members_are_one_unit(world: &World) {
    let acme = world.samples.tenant("Acme");
    let row = world.samples.membership(acme.id, world.samples.user(), &[]);
    world
        .commit(|work| {
            work.memberships(NOW).add(&row);
            work.tenants().add(&acme);
            work.open_quota(acme.id, 1);
        })
        .await
        .done();
    assert_eq!(world.tenant(acme.id).await.members_version, 1);
}

pub(super) async fn one_of_many_concurrent_demotions_wins(world: &World) {
    let acme = world.company("Acme").await;
    let owners: Vec<_> = (0..8)
        .map(|_| world.samples.membership(acme.id, world.samples.user(), &[]))
        .collect();
    world
        .commit(|work| owners.iter().for_each(|row| work.memberships(NOW).add(row)))
        .await
        .done();
    // All decisions are based on the same set.
    let seen = world.tenant(acme.id).await;
    let demotions = owners.into_iter().map(|mut row| {
        let (store, seen) = (Arc::clone(&world.store), seen.clone());
        tokio::spawn(async move {
            row.deactivate().expect("active");
            let mut work = PlatformWork::new();
            work.expect_members(&seen);
            work.memberships(NOW).update(&row);
            store.commit(work).await
        })
    });
    let mut wins = 0;
    for demotion in demotions.collect::<Vec<_>>() {
        match demotion.await.expect("the task ends") {
            Ok(()) => wins += 1,
            Err(CommitError::Refused(refusal)) => {
                assert_eq!(refusal, Refusal::Stale(Kind::Tenant));
            }
            Err(CommitError::Failed(error)) => panic!("{error:?}"),
        }
    }
    assert_eq!(wins, 1);
}

/// Checks that raises are found by the order of their commits: the clocks of the
/// processes that raised them are days apart.
pub(super) async fn raised_epochs_are_found_despite_wrong_clocks(world: &World) {
    const DAY: i64 = 86_400;
    let (ann, acme) = (world.samples.user(), world.samples.tenant("Acme").id);
    world
        .commit(|work| work.raise_user_epoch(ann, at(2 * DAY)))
        .await
        .done();
    let start = raised(world, None).await;
    assert_eq!(start.changes, []);
    world
        .commit(|work| work.raise_tenant_epoch(acme, at(-2 * DAY)))
        .await
        .done();
    world
        .commit(|work| work.raise_user_epoch(ann, at(-2 * DAY)))
        .await
        .done();
    let next = raised(world, Some(start.position)).await;
    assert!(next.position >= start.position);
    let epochs = next.changes.iter();
    let epochs = epochs.map(|change| (change.subject, (change.epoch, change.changed_at)));
    let epochs: BTreeMap<_, _> = epochs.collect();
    assert_eq!(
        epochs,
        BTreeMap::from([
            (EpochSubject::Tenant(acme), (1, at(-2 * DAY))),
            (EpochSubject::User(ann), (2, at(-2 * DAY))),
        ])
    );
    // A transaction of another database may hold the position back for a moment.
    until("no raise is returned again", async || {
        let position = raised(world, None).await.position;
        let again = raised(world, Some(position)).await.changes;
        again.is_empty().then_some(())
    })
    .await;
}

/// Checks that a process that polls meanwhile finds every raise.
pub(super) async fn every_raise_is_found_while_others_commit(world: &World) {
    const TASKS: usize = 4;
    const EACH: usize = 25;
    let people: Vec<Vec<UserId>> = (0..TASKS)
        .map(|_| (0..EACH).map(|_| world.samples.user()).collect())
        .collect();
    let all: BTreeSet<_> = people.iter().flatten().copied().collect();
    let mut position = raised(world, None).await.position;
    let raises = people.into_iter().map(|people| {
        let store = Arc::clone(&world.store);
        tokio::spawn(async move {
            for person in people {
                let mut work = PlatformWork::new();
                work.raise_user_epoch(person, NOW);
                store.commit(work).await.done();
            }
        })
    });
    let raises: Vec<_> = raises.collect();
    let mut found = BTreeSet::new();
    loop {
        let is_last = raises.iter().all(JoinHandle::is_finished);
        let changed = raised(world, Some(position)).await;
        position = changed.position;
        found.extend(changed.changes.into_iter().filter_map(|change| {
            let EpochSubject::User(user) = change.subject else {
                return None;
            };
            Some(user)
        }));
        if is_last {
            break;
        }
    }
    for raise in raises {
        raise.await.expect("the task ends");
    }
    assert_eq!(found, all);
}

/// Checks that no epoch is skipped: a missing one would leave a revoked
/// permission cached.
pub(super) async fn concurrent_epoch_changes_are_all_returned(world: &World) {
    const EACH: usize = 1000;
    for _ in 0..6 {
        let people: Vec<_> = (0..EACH).map(|_| world.samples.user()).collect();
        world
            .commit(|work| {
                for person in people {
                    work.raise_user_epoch(person, NOW);
                }
            })
            .await
            .done();
    }
    let changes = raised(world, Some(EpochPosition(0))).await.changes;
    assert_eq!(changes.len(), 6 * EACH);
}

pub(super) async fn a_changed_epoch_refuses_the_unit(world: &World) {
    let acme = world.company("Acme").await;
    let user = world.samples.user();
    let file = world.samples.file(acme.id, "a.txt");
    let expecting = async |epoch| {
        let work = |work: &mut tenantry_application::work::TenantWork| {
            work.expect_epoch(EpochSubject::User(user), epoch);
            work.files().add(&file);
        };
        acme.commit(work).await
    };
    assert_eq!(expecting(1).await.refusal(), Refusal::Stale(Kind::Epoch));
    world
        .commit(|work| work.raise_user_epoch(user, NOW))
        .await
        .done();
    assert_eq!(expecting(0).await.refusal(), Refusal::Stale(Kind::Epoch));
    assert_eq!(acme.store.files().lookup(file.id).await.value(), None);
    expecting(1).await.done();
}

pub(super) async fn no_raise_of_an_epoch_is_lost(world: &World) {
    let ann = world.samples.user();
    let raises = (0..16).map(|n| {
        let store = Arc::clone(&world.store);
        tokio::spawn(async move {
            let mut work = PlatformWork::new();
            work.raise_user_epoch(ann, at(n));
            store.commit(work).await
        })
    });
    for raise in raises.collect::<Vec<_>>() {
        raise.await.expect("the task ends").done();
    }
    assert_eq!(epoch(world, EpochSubject::User(ann)).await, 16);
}
