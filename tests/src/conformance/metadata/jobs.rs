//! The job queue: claims, retries, completion.

use std::time::Duration;

use tenantry_application::{ports::CommitError, work::PlatformWork};
use tenantry_domain::{
    Revision, Timestamp,
    job::{Job, JobState, Lease},
};

use super::world::{Outcome, ReadOutcome, World};
use crate::conformance::samples::{NOW, at};

pub(super) const LEASE: Duration = Duration::from_secs(30);

pub(super) async fn enqueue(world: &World, job: &Job) {
    world.commit(|work| work.jobs(None).add(job)).await.done();
}

pub(super) async fn claim(world: &World, worker: &str, now: Timestamp) -> Option<Job> {
    world.store.jobs().claim(worker, now, LEASE).await.value()
}

pub(super) async fn complete(world: &World, job: &Job) -> Result<(), CommitError> {
    let mut done = job.clone();
    done.succeed(at(100)).expect("running");
    world.commit(|work| work.jobs(None).update(&done)).await
}

pub(super) async fn an_empty_queue_has_no_job(world: &World) {
    let jobs = world.store.jobs();
    let nobody = world.samples.job(None);
    assert_eq!(jobs.lookup(nobody.id).await.value(), None);
    assert_eq!(claim(world, "w", NOW).await, None);
    assert!(!jobs.extend_lease(nobody.id, 1, at(1)).await.value());
}

pub(super) async fn every_field_is_stored(world: &World) {
    let acme = world.company("Acme").await;
    let complete = Job {
        payload: r#"{"Ünï":"履歴書 'x' \\ \u0000"}"#.to_owned(),
        run_at: at(3),
        attempt: u32::MAX,
        failures: u32::MAX,
        max_attempts: 9,
        lease: Some(Lease {
            worker: "wörker'1".to_owned(),
            until: at(4),
        }),
        error: Some("Ünï\n\"error\"".to_owned()),
        requested_by: Some(world.samples.user()),
        created_at: at(-1),
        started_at: Some(at(5)),
        finished_at: Some(at(6)),
        ..world.samples.job(Some(acme.id))
    };
    for state in JobState::ALL {
        let job = Job {
            id: world.samples.job(None).id,
            state,
            ..complete.clone()
        };
        acme.commit(|work| work.jobs().add(&job)).await.done();
        let stored = world.store.jobs().lookup(job.id).await.value();
        assert_eq!(stored, Some(job));
    }
    let plain = world.samples.job(None);
    enqueue(world, &plain).await;
    assert_eq!(
        world.store.jobs().lookup(plain.id).await.value(),
        Some(plain)
    );
}

pub(super) async fn a_claimed_job_is_running(world: &World) {
    let acme = world.company("Acme").await;
    let job = world.samples.job(Some(acme.id));
    acme.commit(|work| work.jobs().add(&job)).await.done();
    let claimed = claim(world, "w1", at(2)).await.expect("a job is due");
    let expected = Job {
        state: JobState::Running,
        attempt: 1,
        lease: Some(Lease {
            worker: "w1".to_owned(),
            until: at(32),
        }),
        started_at: Some(at(2)),
        revision: claimed.revision,
        ..job.clone()
    };
    assert_eq!(claimed, expected);
    assert!(claimed.revision > Revision::FIRST);
    assert_eq!(
        world.store.jobs().lookup(job.id).await.value(),
        Some(claimed)
    );
    assert_eq!(claim(world, "w2", at(3)).await, None);
}

pub(super) async fn jobs_are_claimed_in_the_order_of_their_time(world: &World) {
    let mut jobs = Vec::new();
    for seconds in [5, 1, 9, 3] {
        let mut job = world.samples.job(None);
        job.run_at = at(seconds);
        enqueue(world, &job).await;
        jobs.push(job);
    }
    jobs.sort_by_key(|job| job.run_at);
    for job in jobs {
        let claimed = claim(world, "w", at(10)).await;
        assert_eq!(claimed.map(|claimed| claimed.id), Some(job.id));
    }
    assert_eq!(claim(world, "w", at(10)).await, None);
}

pub(super) async fn no_job_is_claimed_before_its_time(world: &World) {
    let mut job = world.samples.job(None);
    job.run_at = at(5);
    enqueue(world, &job).await;
    let before = at(5).minus(Duration::from_millis(1));
    assert_eq!(claim(world, "w", before).await, None);
    assert!(claim(world, "w", at(5)).await.is_some());
}

pub(super) async fn only_queued_jobs_are_claimed(world: &World) {
    for state in [JobState::Succeeded, JobState::Dead, JobState::Cancelled] {
        enqueue(
            world,
            &Job {
                state,
                ..world.samples.job(None)
            },
        )
        .await;
    }
    assert_eq!(claim(world, "w", at(1000)).await, None);
}

pub(super) async fn a_completed_job_stays_completed(world: &World) {
    let job = world.samples.job(None);
    enqueue(world, &job).await;
    let claimed = claim(world, "w", NOW).await.expect("a job is due");
    complete(world, &claimed).await.done();
    assert_eq!(claim(world, "w", at(1000)).await, None);
    let stored = world
        .store
        .jobs()
        .lookup(job.id)
        .await
        .value()
        .expect("the job is there");
    assert_eq!((stored.state, stored.lease), (JobState::Succeeded, None));
    assert_eq!(stored.finished_at, Some(at(100)));
}

pub(super) async fn a_failed_attempt_is_retried_later(world: &World) {
    enqueue(world, &world.samples.job(None)).await;
    let mut job = claim(world, "w", NOW).await.expect("a job is due");
    job.fail("no luck".to_owned(), true, NOW).expect("running");
    world
        .commit(|work| work.jobs(None).update(&job))
        .await
        .done();
    assert_eq!(claim(world, "w", NOW).await, None);
    let again = claim(world, "w", at(2))
        .await
        .expect("the job is due again");
    assert_eq!((again.id, again.attempt), (job.id, 2));
    assert_eq!(again.error.as_deref(), Some("no luck"));
}

/// Checks that a job of a suspended tenant can end, though the tenant's handle
/// accepts no writes.
pub(super) async fn a_job_of_a_suspended_tenant_can_be_ended(world: &World) {
    let acme = world.company("Acme").await;
    let job = world.samples.job(Some(acme.id));
    acme.commit(|work| work.jobs().add(&job)).await.done();
    let mut job = claim(world, "w", NOW).await.expect("a job is due");
    let mut tenant = world.tenant(acme.id).await;
    tenant.suspend(NOW).expect("active");
    world
        .commit(|work| work.tenants().update(&tenant))
        .await
        .done();
    job.fail("the tenant is closed".to_owned(), false, NOW)
        .expect("running");
    let record = |work: &mut PlatformWork| work.jobs(job.tenant_id).update(&job);
    world.commit(record).await.done();
    let stored = world.store.jobs().lookup(job.id).await.value();
    assert_eq!(stored.map(|job| job.state), Some(JobState::Dead));
}
