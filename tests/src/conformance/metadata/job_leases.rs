//! Leases of jobs: one worker at a time, and no late acknowledgements.

use std::{collections::HashSet, sync::Arc};

use tenantry_application::{
    ports::Refusal,
    work::{Kind, TenantWork},
};
use tenantry_domain::job::{Job, Lease};

use super::{
    jobs::{LEASE, claim, complete, enqueue},
    world::{Outcome, ReadOutcome, World},
};
use crate::conformance::samples::{NOW, at};

pub(super) async fn an_expired_lease_is_taken_over(world: &World) {
    enqueue(world, &world.samples.job(None)).await;
    let first = claim(world, "w1", NOW).await.expect("a job is due");
    assert_eq!(claim(world, "w2", at(30)).await, None);
    let second = claim(world, "w2", at(31))
        .await
        .expect("the lease has ended");
    assert_eq!((second.id, second.attempt), (first.id, 2));
    assert_eq!((first.failures, second.failures), (0, 1));
    assert_eq!(
        second.lease,
        Some(Lease {
            worker: "w2".to_owned(),
            until: at(61)
        })
    );
    // The first worker returns after its lease.
    assert_eq!(
        complete(world, &first).await.refusal(),
        Refusal::Stale(Kind::Job)
    );
    complete(world, &second).await.done();
    assert_eq!(
        complete(world, &first).await.refusal(),
        Refusal::Stale(Kind::Job)
    );
}

/// Jobs that were queued, or leased, under a clock that was two days ahead.
pub(super) async fn impossible_times_count_as_past(world: &World) {
    const DAYS: i64 = 2 * 24 * 60 * 60;
    let mut queued = world.samples.job(None);
    queued.run_at = at(DAYS);
    enqueue(world, &queued).await;
    let claimed = claim(world, "w1", NOW).await.expect("it is due");
    assert_eq!(claimed.id, queued.id);
    assert!(
        world
            .store
            .jobs()
            .extend_lease(claimed.id, 1, at(DAYS))
            .await
            .value()
    );
    let again = claim(world, "w2", NOW).await.expect("the lease has ended");
    assert_eq!((again.id, again.attempt), (queued.id, 2));
    // The longest delay and the longest lease are respected.
    let hour = 60 * 60;
    let leased = world.store.jobs().extend_lease(again.id, 2, at(hour));
    assert!(leased.await.value());
    let mut delayed = world.samples.job(None);
    delayed.run_at = at(hour);
    enqueue(world, &delayed).await;
    assert_eq!(claim(world, "w3", NOW).await, None);
}

pub(super) async fn only_the_attempt_of_a_lease_extends_it(world: &World) {
    let jobs = world.store.jobs();
    let queued = world.samples.job(None);
    enqueue(world, &queued).await;
    assert!(!jobs.extend_lease(queued.id, 0, at(60)).await.value());
    let first = claim(world, "w1", NOW).await.expect("a job is due");
    assert!(!jobs.extend_lease(first.id, 2, at(60)).await.value());
    assert!(jobs.extend_lease(first.id, 1, at(60)).await.value());
    let stored = jobs
        .lookup(first.id)
        .await
        .value()
        .expect("the job is there");
    assert_eq!(
        stored.lease,
        Some(Lease {
            worker: "w1".to_owned(),
            until: at(60)
        })
    );
    assert_eq!(claim(world, "w2", at(59)).await, None);
    let second = claim(world, "w2", at(61))
        .await
        .expect("the lease has ended");
    assert!(!jobs.extend_lease(first.id, 1, at(100)).await.value());
    assert!(jobs.extend_lease(second.id, 2, at(100)).await.value());
}

pub(super) async fn a_job_with_an_extended_lease_can_be_completed(world: &World) {
    enqueue(world, &world.samples.job(None)).await;
    let job = claim(world, "w", NOW).await.expect("a job is due");
    assert!(
        world
            .store
            .jobs()
            .extend_lease(job.id, 1, at(60))
            .await
            .value()
    );
    complete(world, &job).await.done();
    assert!(
        !world
            .store
            .jobs()
            .extend_lease(job.id, 1, at(90))
            .await
            .value()
    );
}

pub(super) async fn a_job_and_its_effect_are_committed_together(world: &World) {
    let acme = world.company("Acme").await;
    let job = world.samples.job(Some(acme.id));
    acme.commit(|work| work.jobs().add(&job)).await.done();
    let first = claim(world, "w1", NOW).await.expect("a job is due");
    let second = claim(world, "w2", at(31))
        .await
        .expect("the lease has ended");
    let effect = world.samples.file(acme.id, "effect.txt");
    let end = async |job: &Job| {
        let mut done = job.clone();
        done.succeed(at(40)).expect("running");
        let record = |work: &mut TenantWork| {
            work.jobs().update(&done);
            work.files().add(&effect);
        };
        acme.commit(record).await
    };
    assert_eq!(end(&first).await.refusal(), Refusal::Stale(Kind::Job));
    assert_eq!(acme.store.files().lookup(effect.id).await.value(), None);
    end(&second).await.done();
    assert!(acme.store.files().lookup(effect.id).await.value().is_some());
}

pub(super) async fn no_job_is_claimed_twice(world: &World) {
    const JOBS: usize = 40;
    let jobs: Vec<_> = (0..JOBS).map(|_| world.samples.job(None)).collect();
    world
        .commit(|work| jobs.iter().for_each(|job| work.jobs(None).add(job)))
        .await
        .done();
    let workers = (0..32).map(|n| {
        let store = Arc::clone(&world.store);
        tokio::spawn(async move {
            let mut taken = Vec::new();
            let worker = format!("w{n}");
            while let Some(job) = store.jobs().claim(&worker, NOW, LEASE).await.value() {
                assert_eq!(job.attempt, 1);
                taken.push(job.id);
            }
            taken
        })
    });
    let mut taken = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        taken.extend(worker.await.expect("the worker ends"));
    }
    assert_eq!(taken.len(), JOBS);
    assert_eq!(taken.into_iter().collect::<HashSet<_>>().len(), JOBS);
}
