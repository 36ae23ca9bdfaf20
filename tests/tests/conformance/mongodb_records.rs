//! Commits on a MongoDB server without transactions whose connection breaks at
//! any moment.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::time::Duration;

use futures_util::future::join_all;
use tenantry_application::{
    ports::{CommitError, EpochPosition, PlatformStore, PortErrorKind},
    work::PlatformWork,
};
use tenantry_domain::{id::UserId, identity::Identity, job::Job};
use tenantry_mongo::{MongoOptions, MongoStore};
use tenantry_tests::{
    conformance::samples::{Samples, at},
    harness::until,
    services::{Front, Message, Mongodb, Verdict},
};
use uuid::Uuid;

/// A lease that is short enough to wait for.
const LEASE: Duration = Duration::from_secs(3);

fn options(url: &str, holder: u128) -> MongoOptions {
    MongoOptions {
        connections: 8,
        answer_timeout: Duration::from_secs(20),
        lease: LEASE,
        ..MongoOptions::new(url, Uuid::from_u128(holder))
    }
}

async fn open(url: &str, holder: u128) -> MongoStore {
    let store = MongoStore::connect(options(url, holder)).await;
    let store = store.expect("the store opens");
    store.migrate().await.expect("the collections are made");
    store
}

/// Returns a unit that changes documents of several collections: a person, two
/// names, an epoch, a job, an entry.
fn unit(samples: &Samples, person: &Identity) -> PlatformWork {
    let mut work = PlatformWork::new();
    work.identities().add(person);
    work.jobs(None).add(&samples.job(None));
    work.raise_user_epoch(person.id, at(1));
    work.audit(samples.entry(None, "person.add"));
    work
}

/// Returns which parts of the unit are stored: the person, the address, the
/// epoch, the job, the entry.
async fn stored_parts(store: &MongoStore, person: UserId, email: &str) -> [bool; 5] {
    let identity = store.identities().lookup(person).await;
    let by_email = store.identities().find_by_email(email).await;
    let epochs = store.epochs().raised_since(Some(EpochPosition(0))).await;
    let job = store.jobs().claim("w", at(100), LEASE).await;
    let entries = store.audit().unsealed(None, 10).await;
    [
        identity.expect("an answer").is_some(),
        by_email.expect("an answer").is_some(),
        !epochs.expect("an answer").changes.is_empty(),
        job.expect("an answer").is_some(),
        !entries.expect("an answer").is_empty(),
    ]
}

fn is(message: &Message, verb: &str, collection: &str) -> bool {
    message
        .command()
        .is_some_and(|(name, about)| name == verb && about == collection)
}

/// Commits through a proxy with a rule, and reopens the database as after a
/// crash.
async fn after_a_crash(rule: impl FnMut(&Message) -> Verdict + Send + 'static) -> [bool; 5] {
    let url = Mongodb::shared().await.fresh();
    let front = Front::before(&url).await;
    let samples = Samples::default();
    let person = samples.person("ada@example.com");
    {
        let store = open(&front.url(&url), 1).await;
        front.rule(rule);
        let ended = store.commit(unit(&samples, &person)).await;
        let unknown = matches!(
            ended,
            Err(CommitError::Failed(error)) if error.kind == PortErrorKind::Unavailable
        );
        assert!(unknown, "the outcome is unknown");
        front.cut();
    }
    let store = open(&url, 2).await;
    if store.has_transactions() {
        return [true; 5];
    }
    stored_parts(&store, person.id, "ada@example.com").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_without_a_record_is_lost() {
    let rule = |message: &Message| Verdict::CutBefore.when(is(message, "insert", "commit_records"));
    assert_eq!(after_a_crash(rule).await, [false; 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_commit_is_applied() {
    let rule = |message: &Message| Verdict::CutAfter.when(is(message, "insert", "commit_records"));
    assert_eq!(after_a_crash(rule).await, [true; 5]);
}

/// Breaks the connection at each command that applies the record.
#[tokio::test(flavor = "multi_thread")]
async fn a_partly_applied_commit_is_completed() {
    let rounds = (0..6).map(async |step| {
        let mut steps = None;
        let rule = move |message: &Message| {
            if is(message, "insert", "commit_records") {
                steps = Some(0);
                return Verdict::Pass;
            }
            let (verb, about) = message.command().unwrap_or_default();
            let writes = ["insert", "update", "delete"].contains(&verb.as_str());
            if !writes || about == "leases" {
                return Verdict::Pass;
            }
            let Some(count) = &mut steps else {
                return Verdict::Pass;
            };
            *count += 1;
            Verdict::CutAfter.when(*count > step)
        };
        assert_eq!(after_a_crash(rule).await, [true; 5], "cut at step {step}");
    });
    join_all(rounds).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_connection_is_used_again() {
    let url = Mongodb::shared().await.fresh();
    let front = Front::before(&url).await;
    let store = open(&front.url(&url), 1).await;
    let samples = Samples::default();
    let (ada, bob) = (
        samples.person("ada@example.com"),
        samples.person("bob@example.com"),
    );
    front.rule(|message| Verdict::CutAfter.when(is(message, "insert", "commit_records")));
    let lost = store.commit(unit(&samples, &ada)).await;
    assert!(lost.is_err() || store.has_transactions());
    front.restore();
    // An earlier record is applied before the next commit is decided.
    until("commits go through again", async || {
        store.commit(unit(&samples, &bob)).await.ok()
    })
    .await;
    assert_eq!(
        stored_parts(&store, ada.id, "ada@example.com").await,
        [true; 5]
    );
    store.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_is_rejected() {
    let url = Mongodb::shared().await.fresh();
    let first = open(&url, 1).await;
    if first.has_transactions() {
        return;
    }
    let refused = MongoStore::connect(options(&url, 2)).await;
    let refused = refused.expect_err("a single process");
    assert_eq!(refused.kind, PortErrorKind::Unsupported);
    let line = refused.to_string();
    assert!(
        line.contains("another process") && !line.contains('\n'),
        "{line}"
    );
    first.probe().await.expect("the first process is open");
    first.close().await.expect("closed");
    // A released lease is available immediately.
    let options = MongoOptions {
        lease: Duration::from_hours(1),
        ..options(&url, 3)
    };
    MongoStore::connect(options)
        .await
        .expect("the lease is free");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_loses_its_lease_stops_writing() {
    let url = Mongodb::shared().await.fresh();
    let front = Front::before(&url).await;
    let first = open(&front.url(&url), 1).await;
    if first.has_transactions() {
        return;
    }
    front.cut();
    let second = open(&url, 2).await;
    front.restore();
    let samples = Samples::default();
    let stopped = until("the first process loses its lease", async || {
        let error = first.probe().await.err()?;
        error.to_string().contains("taken over").then_some(error)
    });
    assert_eq!(stopped.await.kind, PortErrorKind::Unavailable);
    let person = samples.person("ada@example.com");
    let ended = first.commit(unit(&samples, &person)).await;
    assert!(matches!(ended, Err(CommitError::Failed(_))));
    assert_eq!(
        stored_parts(&second, person.id, "ada@example.com").await,
        [false; 5]
    );
    let written = second.commit(unit(&samples, &person)).await;
    written.expect("the second process commits");
}

/// Checks that a unit that is too large for one document counts once all parts
/// of its record are stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_in_parts_is_atomic() {
    for (cut, expected) in [(Some(2), 0), (Some(3), 3), (None, 3)] {
        let url = Mongodb::shared().await.fresh();
        let front = Front::before(&url).await;
        let samples = Samples::default();
        let jobs = [(); 3].map(|()| Job {
            payload: "x".repeat(5 * 1024 * 1024),
            ..samples.job(None)
        });
        {
            let store = open(&front.url(&url), 1).await;
            if store.has_transactions() {
                return;
            }
            let mut parts = 0;
            front.rule(move |message| {
                parts += u32::from(is(message, "insert", "commit_records"));
                Verdict::CutAfter.when(Some(parts) == cut)
            });
            let mut work = PlatformWork::new();
            for job in &jobs {
                work.jobs(None).add(job);
            }
            let ended = store.commit(work).await;
            assert_eq!(ended.is_ok(), cut.is_none());
            front.cut();
        }
        let store = open(&url, 2).await;
        let mut found = 0;
        for job in &jobs {
            let job = store.jobs().lookup(job.id).await.expect("an answer");
            found += u32::from(job.is_some());
        }
        assert_eq!(found, expected, "cut after {cut:?}");
    }
}
