//! Concurrent units of work: one wins a conflict, and none is lost.

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use tenantry_application::{
    ports::{CommitError, Refusal, UniqueKey},
    work::Kind,
};
use tenantry_domain::Revision;
use tokio::time::timeout;

use super::world::{Outcome, ReadOutcome, World};
use crate::wait::until;

/// Checks that a dropped commit takes effect completely or not at all.
pub(super) async fn a_dropped_commit_is_all_or_nothing(world: &World) {
    const ROUNDS: u32 = 32;
    let acme = world.company("Acme").await;
    let mut units = Vec::new();
    for n in 0..ROUNDS {
        let file = world.samples.file(acme.id, &format!("{n}.txt"));
        let version = world.samples.version(acme.id, file.id, 1);
        let mut work = acme.store.begin();
        work.files().add(&file);
        work.versions().add(&version);
        work.quota().reserve(1);
        let commit = acme.store.commit(work);
        let outcome = match n % 4 {
            0 => commit.now_or_never(),
            1 => timeout(Duration::from_micros(u64::from(n) * 50), commit)
                .await
                .ok(),
            2 => {
                drop(commit);
                None
            }
            _ => Some(commit.await),
        };
        let must_exist = match outcome {
            Some(outcome) => {
                outcome.done();
                Some(true)
            }
            None => (n % 4 == 2).then_some(false),
        };
        units.push((file.id, version.id, must_exist));
    }
    let exist = until("no unit is stored in part", async || {
        let mut exist = Vec::new();
        for (file, version, _) in &units {
            let file = acme.store.files().lookup(*file).await.value();
            let version = acme.store.versions().lookup(*version).await.value();
            if file.is_some() != version.is_some() {
                return None;
            }
            exist.push(file.is_some());
        }
        let stored = exist.iter().filter(|exists| **exists).count() as u64;
        let quota = acme.store.quota().current().await.value();
        (quota.reserved_bytes == stored).then_some(exist)
    })
    .await;
    for (exists, (file, _, must_exist)) in exist.into_iter().zip(units) {
        let expected = must_exist.unwrap_or(exists);
        assert_eq!(exists, expected, "{file:?}");
    }
}

pub(super) async fn one_of_many_concurrent_updates_wins(world: &World) {
    let acme = world.company("Acme").await;
    let file = world.samples.file(acme.id, "a.txt");
    acme.commit(|work| work.files().add(&file)).await.done();
    for round in 1..=4 {
        let read = acme.store.files().lookup(file.id).await.value();
        let read = read.expect("the file is there");
        let updates = (0..16).map(|_| {
            let (store, row) = (Arc::clone(&acme.store), read.clone());
            tokio::spawn(async move {
                let mut work = store.begin();
                work.files().update(&row);
                work.quota().reserve(1);
                store.commit(work).await
            })
        });
        let mut wins = 0;
        for update in updates.collect::<Vec<_>>() {
            match update.await.expect("the task ends") {
                Ok(()) => wins += 1,
                Err(CommitError::Refused(refusal)) => {
                    assert_eq!(refusal, Refusal::Stale(Kind::File));
                }
                Err(CommitError::Failed(error)) => panic!("{error:?}"),
            }
        }
        assert_eq!(wins, 1);
        let now = acme.store.files().lookup(file.id).await.value();
        assert_eq!(
            now.map(|file| file.revision),
            Some(Revision::new(round + 1))
        );
        let quota = acme.store.quota().current().await.value();
        assert_eq!(quota.reserved_bytes, round);
    }
}

pub(super) async fn one_of_many_concurrent_adds_of_a_path_wins(world: &World) {
    let acme = world.company("Acme").await;
    let adds = (0..16).map(|_| {
        let store = Arc::clone(&acme.store);
        let file = world.samples.file(acme.id, "same.txt");
        tokio::spawn(async move {
            let mut work = store.begin();
            work.files().add(&file);
            store.commit(work).await
        })
    });
    let mut wins = 0;
    for add in adds.collect::<Vec<_>>() {
        match add.await.expect("the task ends") {
            Ok(()) => wins += 1,
            Err(CommitError::Refused(refusal)) => {
                assert_eq!(refusal, Refusal::Duplicate(UniqueKey::FilePath));
            }
            Err(CommitError::Failed(error)) => panic!("{error:?}"),
        }
    }
    assert_eq!(wins, 1);
}

pub(super) async fn many_concurrent_units_are_all_applied(world: &World) {
    let companies = [world.company("Acme").await, world.company("Globex").await];
    let units = (0..120).map(|n| {
        let company = &companies[n % 2];
        let store = Arc::clone(&company.store);
        let file = world.samples.file(company.id, &format!("f{n}"));
        let version = world.samples.version(company.id, file.id, 1);
        let entry = world.samples.entry(Some(company.id), "file.upload");
        let id = file.id;
        let commit = tokio::spawn(async move {
            let mut work = store.begin();
            work.files().add(&file);
            work.versions().add(&version);
            work.audit(entry);
            work.quota().settle(0, 10);
            store.commit(work).await
        });
        (company, id, commit)
    });
    for (company, file, commit) in units.collect::<Vec<_>>() {
        commit.await.expect("the task ends").done();
        assert!(company.store.files().lookup(file).await.value().is_some());
    }
    for company in &companies {
        let usage = company.store.quota().usage().await.value();
        assert_eq!(
            (usage.quota.used_bytes, usage.quota.reserved_bytes),
            (600, 0)
        );
        assert_eq!(
            usage.places.iter().map(|place| place.files).sum::<u64>(),
            60
        );
        assert_eq!(
            company
                .store
                .audit()
                .unsealed(None, 100)
                .await
                .value()
                .len(),
            60
        );
    }
}
