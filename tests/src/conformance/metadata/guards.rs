//! Guards and epochs: counters that make changes of sets visible.

use std::sync::Arc;

use tenantry_application::{
    ports::{CommitError, EpochSubject, Refusal},
    work::{Kind, PlatformWork},
};
use tenantry_domain::membership::Membership;

use super::world::{Outcome, ReadOutcome, World};
use crate::conformance::samples::{NOW, at};

async fn guards(world: &World, company: &super::world::Company) -> (u64, u64) {
    let tenant = world.tenant(company.id).await;
    (tenant.members_version, tenant.roles_version)
}

async fn epoch(world: &World, subject: EpochSubject) -> u64 {
    let changes = world.store.epochs().changed_since(at(-1000)).await.value();
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

pub(super) async fn epochs_increase_and_are_listed_by_time(world: &World) {
    let (ann, acme) = (world.samples.user(), world.samples.tenant("Acme").id);
    world
        .commit(|work| work.raise_user_epoch(ann, at(1)))
        .await
        .done();
    world
        .commit(|work| work.raise_tenant_epoch(acme, at(2)))
        .await
        .done();
    world
        .commit(|work| work.raise_user_epoch(ann, at(3)))
        .await
        .done();
    let since = async |seconds| {
        let changes = world
            .store
            .epochs()
            .changed_since(at(seconds))
            .await
            .value();
        let told = changes
            .into_iter()
            .map(|c| (c.subject, c.epoch, c.changed_at));
        told.collect::<Vec<_>>()
    };
    let tenant = (EpochSubject::Tenant(acme), 1, at(2));
    let user = (EpochSubject::User(ann), 2, at(3));
    assert_eq!(since(0).await, [tenant, user]);
    assert_eq!(since(2).await, [tenant, user]);
    assert_eq!(since(3).await, [user]);
    assert_eq!(since(4).await, []);
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
    let changes = world.store.epochs().changed_since(NOW).await.value();
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
