//! Failed starts on MongoDB: each reports one line with advice, in time and
//! without a secret.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{error::Error, time::Duration};

use mongodb::{
    Client,
    bson::{Document, doc},
};
use tenantry_application::ports::{PlatformStore, PortError, PortErrorKind};
use tenantry_mongo::{MongoOptions, MongoStore};
use tenantry_tests::services::{Front, Mongodb, Peer, Verdict};
use tokio::{net::TcpListener, time::timeout};
use uuid::Uuid;

/// The maximum time to detect an unavailable server.
const IN_TIME: Duration = Duration::from_secs(4);

async fn failure(url: &str) -> PortError {
    let options = MongoOptions::new(url, Uuid::from_u128(1));
    let shown = format!("{options:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    let connected = timeout(IN_TIME, MongoStore::connect(options)).await;
    let error = connected.expect("in time").expect_err("the start fails");
    let mut all = format!("{error:?} {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        all.push_str(&cause.to_string());
        source = cause.source();
    }
    assert!(!all.contains("hunter2"), "{all}");
    assert!(!error.to_string().contains('\n'), "{error}");
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_server_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    drop(listener);
    let error = failure(&format!("mongodb://ada:hunter2@{address}/db")).await;
    assert_eq!(error.kind, PortErrorKind::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let error = failure(&format!("mongodb://ada:hunter2@{address}/db")).await;
    assert_eq!(error.kind, PortErrorKind::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_credentials_fail_the_start() {
    let peer = Peer::start().await;
    peer.script(|command| {
        let is_login = command.contains_key("saslStart");
        let refused = doc! { "ok": 0, "code": 18, "errmsg": "Authentication failed." };
        is_login.then_some(refused)
    });
    let url = peer.url().replace("mongodb://", "mongodb://ada:hunter2@");
    let error = failure(&url).await;
    assert_eq!(error.kind, PortErrorKind::Internal);
    assert!(error.to_string().contains("refuses the login"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_url_fails_the_start() {
    for url in ["mongodb://ada:hunter2@", "mongodb://ada:hun@ter2@host/db"] {
        let error = failure(url).await;
        assert_eq!(error.kind, PortErrorKind::Internal);
    }
    let error = failure("mongodb://ada:hunter2@127.0.0.1").await;
    assert!(error.to_string().contains("names no database"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_rejected() {
    let url = Mongodb::shared().await.fresh();
    let client = Client::with_uri_str(&url).await.expect("a client");
    let database = client.default_database().expect("a name");
    let schema = database.collection::<Document>("schema");
    let newer = doc! { "_id": "schema", "version": 99_i64 };
    schema.insert_one(newer).await.expect("written");
    let options = MongoOptions {
        answer_timeout: Duration::from_secs(20),
        ..MongoOptions::new(url, Uuid::from_u128(1))
    };
    let error = MongoStore::connect(options).await.expect_err("refused");
    assert_eq!(error.kind, PortErrorKind::Unsupported);
    assert!(error.to_string().contains("schema version 99"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_are_idempotent() {
    let url = Mongodb::shared().await.fresh();
    let options = MongoOptions {
        answer_timeout: Duration::from_secs(20),
        ..MongoOptions::new(url, Uuid::from_u128(1))
    };
    let store = MongoStore::connect(options).await.expect("a store");
    let applied = async || {
        let status = store.migration_status().await.expect("an answer");
        status
            .iter()
            .map(|(_, applied)| *applied)
            .collect::<Vec<_>>()
    };
    let before = applied().await;
    assert!(!before.is_empty() && !before.contains(&true), "{before:?}");
    for _ in 0..2 {
        store.migrate().await.expect("made");
        let after = applied().await;
        assert!(after.len() == before.len() && after.iter().all(|applied| *applied));
    }
    store.close().await.expect("closed");
}

/// Reads and probes of an unavailable server fail in time, and recover with it.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_detected_in_time() {
    let url = Mongodb::shared().await.fresh();
    let front = Front::before(&url).await;
    let options = MongoOptions::new(front.url(&url), Uuid::from_u128(1));
    let store = MongoStore::connect(options).await.expect("a store");
    front.rule(|_| Verdict::CutBefore);
    let probed = timeout(IN_TIME, store.probe()).await.expect("in time");
    assert_eq!(probed.expect_err("away").kind, PortErrorKind::Unavailable);
    let read = timeout(IN_TIME, store.tenants().list(None, 1)).await;
    let read = read.expect("in time").expect_err("away");
    assert_eq!(read.kind, PortErrorKind::Unavailable);
    front.restore();
    tenantry_tests::harness::until("the store recovers", async || store.probe().await.ok()).await;
}

/// Starts on a database of a program that did not count versions.
#[tokio::test(flavor = "multi_thread")]
async fn versions_of_earlier_programs_are_counted() {
    let url = Mongodb::shared().await.fresh();
    let migrate = async |number: u128| {
        let options = MongoOptions {
            answer_timeout: Duration::from_secs(20),
            ..MongoOptions::new(url.clone(), Uuid::from_u128(number))
        };
        let store = MongoStore::connect(options).await.expect("a store");
        store.migrate().await.expect("migrated");
        store.close().await.expect("closed");
    };
    migrate(1).await;
    let client = Client::with_uri_str(&url).await.expect("a client");
    let database = client.default_database().expect("a name");
    let documents = |name: &str| database.collection::<Document>(name);
    let id = |number: u128| mongodb::bson::Uuid::from_bytes(number.to_be_bytes());
    for (tenant, versions) in [(10, 2), (20, 0)] {
        let quota = doc! {
            "_id": id(tenant), "limit_bytes": 9_i64, "used_bytes": 2_i64, "reserved_bytes": 0_i64,
        };
        let added = documents("quotas").insert_one(quota).await;
        added.expect("written");
        for version in 0..versions {
            let version = doc! { "_id": id(tenant + version), "tenant_id": id(tenant) };
            let added = documents("versions").insert_one(version).await;
            added.expect("written");
        }
    }
    let before = doc! { "$set": { "version": 2_i64 } };
    let schema = documents("schema");
    let set = schema.update_one(doc! { "_id": "schema" }, before).await;
    assert_eq!(set.expect("written").matched_count, 1);

    migrate(2).await;

    for (tenant, versions) in [(10, 2), (20, 0)] {
        let quota = documents("quotas")
            .find_one(doc! { "_id": id(tenant) })
            .await;
        let quota = quota.expect("read").expect("a quota");
        let count = quota.get_i64("version_count").ok();
        assert_eq!(count, Some(versions), "{quota}");
    }
}
