//! What holds on a `MongoDB` server without transactions when the line is cut
//! at any moment of a commit.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::time::Duration;

use futures_util::future::join_all;
use tenantry_application::{
    ports::{CommitError, PlatformStore, PortErrorKind},
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

/// A lease so short that a test waits for its end.
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

/// A unit that changes documents of several collections: a person, two
/// names, an epoch, a job, an entry.
fn unit(samples: &Samples, person: &Identity) -> PlatformWork {
    let mut work = PlatformWork::new();
    work.identities().add(person);
    work.jobs(None).add(&samples.job(None));
    work.raise_user_epoch(person.id, at(1));
    work.audit(samples.entry(None, "person.add"));
    work
}

/// How much of the unit is there: the person, their address, the epoch, the
/// job, the entry.
async fn seen(store: &MongoStore, person: UserId, email: &str) -> [bool; 5] {
    let identity = store.identities().lookup(person).await;
    let by_email = store.identities().find_by_email(email).await;
    let epochs = store.epochs().changed_since(at(0)).await;
    let job = store.jobs().claim("w", at(100), LEASE).await;
    let entries = store.audit().unsealed(10).await;
    [
        identity.expect("an answer").is_some(),
        by_email.expect("an answer").is_some(),
        !epochs.expect("an answer").is_empty(),
        job.expect("an answer").is_some(),
        !entries.expect("an answer").is_empty(),
    ]
}

fn is(message: &Message, verb: &str, collection: &str) -> bool {
    message
        .command()
        .is_some_and(|(name, about)| name == verb && about == collection)
}

/// Commits through a front with a rule, and looks at the database anew as a
/// process does that starts after a crash.
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
        assert!(unknown, "nobody can know how it ended");
        front.cut();
    }
    let store = open(&url, 2).await;
    if store.has_transactions() {
        return [true; 5];
    }
    seen(&store, person.id, "ada@example.com").await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_recorded_is_not_there() {
    let rule = |message: &Message| Verdict::CutBefore.when(is(message, "insert", "commit_records"));
    assert_eq!(after_a_crash(rule).await, [false; 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_is_there() {
    let rule = |message: &Message| Verdict::CutAfter.when(is(message, "insert", "commit_records"));
    assert_eq!(after_a_crash(rule).await, [true; 5]);
}

/// Cut at each of the commands that apply the record in turn.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_half_applied_is_there() {
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
async fn a_line_that_is_mended_is_used_again() {
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
    front.mend();
    // What was recorded before is applied before what comes next is decided.
    until("commits go through again", async || {
        store.commit(unit(&samples, &bob)).await.ok()
    })
    .await;
    assert_eq!(seen(&store, ada.id, "ada@example.com").await, [true; 5]);
    store.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_is_refused() {
    let url = Mongodb::shared().await.fresh();
    let first = open(&url, 1).await;
    if first.has_transactions() {
        return;
    }
    let refused = MongoStore::connect(options(&url, 2)).await;
    let refused = refused.expect_err("one process only");
    assert_eq!(refused.kind, PortErrorKind::Unsupported);
    let line = refused.to_string();
    assert!(
        line.contains("another process") && !line.contains('\n'),
        "{line}"
    );
    first.probe().await.expect("the first lives");
    first.close().await.expect("closed");
    // Once it is given back, it is taken at once.
    let options = MongoOptions {
        lease: Duration::from_hours(1),
        ..options(&url, 3)
    };
    MongoStore::connect(options).await.expect("free at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_the_lease_stops_writing() {
    let url = Mongodb::shared().await.fresh();
    let front = Front::before(&url).await;
    let first = open(&front.url(&url), 1).await;
    if first.has_transactions() {
        return;
    }
    front.cut();
    let second = open(&url, 2).await;
    front.mend();
    let samples = Samples::default();
    let stopped = until("the first notices", async || {
        let error = first.probe().await.err()?;
        error.to_string().contains("taken over").then_some(error)
    });
    assert_eq!(stopped.await.kind, PortErrorKind::Unavailable);
    let person = samples.person("ada@example.com");
    let ended = first.commit(unit(&samples, &person)).await;
    assert!(matches!(ended, Err(CommitError::Failed(_))));
    assert_eq!(
        seen(&second, person.id, "ada@example.com").await,
        [false; 5]
    );
    let written = second.commit(unit(&samples, &person)).await;
    written.expect("the second writes");
}

/// A unit of more than one document can hold is recorded in parts, and counts
/// once all of them are there.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_in_parts_is_whole_or_nothing() {
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
