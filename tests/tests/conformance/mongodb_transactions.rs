//! The commands that the adapter sends to a MongoDB replica set, and its
//! handling of the replies, tested with a simulated server.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::sync::atomic::{AtomicU32, Ordering};

use mongodb::bson::{Bson, Document, doc};
use tenantry_application::{
    ports::{CommitError, PlatformStore, PortErrorKind, Refusal},
    work::{Kind, PlatformWork},
};
use tenantry_mongo::{MongoOptions, MongoStore};
use tenantry_tests::{conformance::samples::Samples, harness::count_case, services::Peer};
use uuid::Uuid;

async fn open(peer: &Peer) -> MongoStore {
    let options = MongoOptions::new(peer.url(), Uuid::from_u128(1));
    let store = MongoStore::connect(options).await.expect("the store opens");
    assert!(store.has_transactions());
    store
}

/// Starts a simulated server and opens a store on it.
async fn case() -> (Peer, MongoStore) {
    count_case(env!("CARGO_TARGET_TMPDIR"), "scripted");
    let peer = Peer::start().await;
    let store = open(&peer).await;
    (peer, store)
}

/// Commits a person and a job.
async fn commit(store: &MongoStore) -> Result<(), CommitError> {
    let samples = Samples::default();
    let mut work = PlatformWork::new();
    work.identities().add(&samples.person("ada@example.com"));
    work.jobs(None).add(&samples.job(None));
    store.commit(work).await
}

fn name(command: &Document) -> &str {
    command.keys().next().map_or("", String::as_str)
}

/// Returns the names of the commands with their transaction numbers.
fn steps(peer: &Peer) -> Vec<(String, i64)> {
    let commands = peer.commands();
    let numbered = commands.iter().map(|command| {
        let number = command.get_i64("txnNumber").unwrap_or_default();
        (name(command).to_owned(), number)
    });
    let mut steps: Vec<_> = numbered.collect();
    steps.dedup();
    steps
}

fn failure(code: i32, labels: &[&str]) -> Document {
    doc! { "ok": 0, "code": code, "errmsg": "scripted", "errorLabels": labels }
}

/// Returns a script that fails the first `most` commands of a name.
fn fails_first(
    most: u32,
    command: &'static str,
    failure: Document,
) -> impl FnMut(&Document) -> Option<Document> {
    let count = AtomicU32::new(0);
    move |sent| {
        let fails = name(sent) == command && count.fetch_add(1, Ordering::Relaxed) < most;
        fails.then(|| failure.clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_is_one_transaction() {
    let (peer, store) = case().await;
    peer.script(|_| None);
    commit(&store).await.expect("committed");
    let commands = peer.commands();
    let (first, last) = (
        commands.first().expect("commands"),
        commands.last().expect("commands"),
    );
    assert_eq!(name(first), "find");
    assert_eq!(first.get_bool("startTransaction").ok(), Some(true));
    let concern = first.get_document("readConcern").expect("a read concern");
    assert_eq!(concern.get_str("level").ok(), Some("snapshot"));
    assert_eq!(name(last), "commitTransaction");
    let concern = last.get_document("writeConcern").expect("a write concern");
    assert_eq!(concern.get("w"), Some(&Bson::from("majority")));
    for (number, command) in commands.iter().enumerate() {
        assert_eq!(command.get_bool("autocommit").ok(), Some(false));
        assert_eq!(command.get("txnNumber"), first.get("txnNumber"));
        assert_eq!(command.get("lsid"), first.get("lsid"));
        assert_eq!(command.contains_key("startTransaction"), number == 0);
        let is_last = number + 1 == commands.len();
        assert_eq!(command.contains_key("writeConcern"), is_last);
    }
    let written = commands.iter().filter(|command| name(command) == "insert");
    let collections: Vec<_> = written.filter_map(|it| it.get_str("insert").ok()).collect();
    assert_eq!(collections, ["claims", "identities", "jobs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_unit_writes_nothing() {
    let (peer, store) = case().await;
    peer.script(|_| None);
    let mut work = PlatformWork::new();
    let samples = Samples::default();
    work.identities().update(&samples.person("ada@example.com"));
    let refused = store.commit(work).await.expect_err("the row is missing");
    let missing = Refusal::Missing(Kind::Identity);
    assert!(matches!(refused, CommitError::Refused(why) if why == missing));
    let steps = steps(&peer);
    let names: Vec<_> = steps.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["find", "abortTransaction"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_restarts_the_transaction() {
    count_case(env!("CARGO_TARGET_TMPDIR"), "scripted");
    let by_label = failure(251, &["TransientTransactionError"]);
    for conflict in [failure(112, &[]), failure(11000, &[]), by_label] {
        let peer = Peer::start().await;
        let store = open(&peer).await;
        peer.script(fails_first(1, "insert", conflict));
        commit(&store).await.expect("committed");
        let steps = steps(&peer);
        let names: Vec<_> = steps.iter().map(|(name, _)| name.as_str()).collect();
        let expected = ["find", "insert", "abortTransaction", "find", "insert"];
        assert_eq!(names, [&expected[..], &["commitTransaction"]].concat());
        let numbers: Vec<_> = steps.iter().map(|(_, number)| *number).collect();
        assert_eq!(numbers[..3], [numbers[0]; 3]);
        assert_eq!(numbers[3..], [numbers[3]; 3]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_of_a_single_document_is_retried() {
    let (peer, store) = case().await;
    let of_one = doc! {
        "ok": 1,
        "n": 0,
        "writeErrors": [{ "index": 0, "code": 112, "errmsg": "scripted" }],
    };
    peer.script(fails_first(1, "insert", of_one));
    commit(&store).await.expect("committed");
    let aborted = steps(&peer)
        .iter()
        .any(|(name, _)| name == "abortTransaction");
    assert!(aborted, "{:?}", steps(&peer));
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_conflicts_are_busy() {
    let (peer, store) = case().await;
    peer.script(fails_first(u32::MAX, "insert", failure(112, &[])));
    let ended = commit(&store).await.expect_err("busy");
    assert!(matches!(ended, CommitError::Failed(error) if error.kind == PortErrorKind::Busy));
    let steps = steps(&peer);
    let count = |wanted: &str| steps.iter().filter(|(name, _)| name == wanted).count();
    assert_eq!(count("abortTransaction"), count("insert"));
    assert_eq!(count("commitTransaction"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unacknowledged_commit_is_repeated() {
    let (peer, store) = case().await;
    let unknown = failure(64, &["UnknownTransactionCommitResult"]);
    peer.script(fails_first(1, "commitTransaction", unknown));
    commit(&store).await.expect("committed");
    let commands = peer.commands();
    let inserts = commands.iter().filter(|it| name(it) == "insert").count();
    assert_eq!(inserts, 3, "the commit is not repeated");
    let commits: Vec<_> = commands
        .iter()
        .filter(|command| name(command) == "commitTransaction")
        .map(|command| command.get_i64("txnNumber").ok())
        .collect();
    assert_eq!(commits, [commits[0]; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_without_a_reply_has_an_unknown_outcome() {
    let (peer, store) = case().await;
    let unknown = failure(64, &["UnknownTransactionCommitResult"]);
    peer.script(fails_first(u32::MAX, "commitTransaction", unknown));
    let ended = commit(&store).await.expect_err("unknown");
    let kind = PortErrorKind::Unavailable;
    assert!(matches!(ended, CommitError::Failed(error) if error.kind == kind));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_errors_abort_the_transaction() {
    let (peer, store) = case().await;
    peer.script(fails_first(u32::MAX, "insert", failure(14, &[])));
    let ended = commit(&store).await.expect_err("failed");
    assert!(matches!(ended, CommitError::Failed(error) if error.kind == PortErrorKind::Internal));
    let steps = steps(&peer);
    let names: Vec<_> = steps.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["find", "insert", "abortTransaction"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn collections_and_indexes_are_created_outside_transactions() {
    let (peer, store) = case().await;
    peer.script(|_| None);
    store.migrate().await.expect("made");
    let commands = peer.commands();
    let made = |verb: &str| commands.iter().filter(|it| name(it) == verb).count();
    // One collection a kind, the claims and the counters.
    assert_eq!(made("create"), Kind::ALL.len() + 2);
    assert!(made("createIndexes") > 20);
    assert!(commands.iter().all(|it| !it.contains_key("autocommit")));
}
