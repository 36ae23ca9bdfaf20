//! Units of work that meet: one wins where only one can, none is lost.

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use tenantry_application::{
    ports::{CommitError, Refusal, UniqueKey},
    work::Kind,
};
use tenantry_domain::Revision;

use super::world::{Answer, Outcome, World};

/// A commit that was begun and dropped happens or not, but wholly.
pub(super) async fn a_dropped_commit_is_all_or_nothing(world: &World) {
    const ROUNDS: u32 = 24;
    let acme = world.company("Acme").await;
    let mut begun = Vec::new();
    for n in 0..ROUNDS {
        let file = world.samples.file(acme.id, &format!("{n}.txt"));
        let version = world.samples.version(acme.id, file.id, 1);
        let mut work = acme.store.begin();
        work.files().add(&file);
        work.versions().add(&version);
        work.quota().reserve(1);
        // Polled once, then dropped.
        let _ = acme.store.commit(work).now_or_never();
        begun.push((file.id, version.id));
    }
    // Whatever was begun is done before what is committed later; a little
    // time is for stores that keep no such order.
    acme.commit(|_| ()).await.done();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut landed = 0;
    for (file, version) in begun {
        let file = acme.store.files().lookup(file).await.answer().is_some();
        let version = acme
            .store
            .versions()
            .lookup(version)
            .await
            .answer()
            .is_some();
        assert_eq!(file, version, "half a unit");
        landed += u64::from(file);
    }
    let quota = acme.store.quota().current().await.answer();
    assert_eq!(quota.reserved_bytes, landed);
}

pub(super) async fn one_of_many_concurrent_updates_wins(world: &World) {
    let acme = world.company("Acme").await;
    let file = world.samples.file(acme.id, "a.txt");
    acme.commit(|work| work.files().add(&file)).await.done();
    for round in 1..=4 {
        let read = acme.store.files().lookup(file.id).await.answer();
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
        let now = acme.store.files().lookup(file.id).await.answer();
        assert_eq!(
            now.map(|file| file.revision),
            Some(Revision::new(round + 1))
        );
        let quota = acme.store.quota().current().await.answer();
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

pub(super) async fn many_concurrent_units_all_land(world: &World) {
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
        assert!(company.store.files().lookup(file).await.answer().is_some());
    }
    for company in &companies {
        let usage = company.store.quota().usage().await.answer();
        assert_eq!(
            (usage.quota.used_bytes, usage.quota.reserved_bytes),
            (600, 0)
        );
        assert_eq!(
            usage.places.iter().map(|place| place.files).sum::<u64>(),
            60
        );
        assert_eq!(company.store.audit().unsealed(100).await.answer().len(), 60);
    }
}
