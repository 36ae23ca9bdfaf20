//! The MongoDB adapter on a server with transactions.

#![expect(
    clippy::expect_used,
    reason = "a store that does not open fails its case"
)]

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::future::join_all;
use mongodb::{
    Client,
    bson::{self, Document, doc},
};
use tenantry_application::{
    ports::{EpochChanges, EpochPosition, PlatformStore},
    work::PlatformWork,
};
use tenantry_domain::{Timestamp, id::UserId};
use tenantry_mongo::{MongoOptions, MongoStore};
use tenantry_tests::{
    conformance::metadata::World,
    harness::count_case,
    services::{Mongodb, ReplicaSet},
};
use uuid::Uuid;

/// Opens a new database behind a separate proxy.
async fn store() -> World {
    count_case(env!("CARGO_TARGET_TMPDIR"), "front");
    let url = Mongodb::shared().await.fresh();
    let front = ReplicaSet::before(&url).await;
    let options = MongoOptions {
        connections: 8,
        // The cases share a small server.
        answer_timeout: Duration::from_mins(1),
        ..MongoOptions::new(front.url(&url), Uuid::from_u128(1))
    };
    let store = MongoStore::connect(options).await;
    let store = store.expect("the store opens");
    assert!(store.has_transactions());
    store.migrate().await.expect("the collections are made");
    World::new(Arc::new(store), front).with_large_unit(1_000)
}

tenantry_tests::metadata_suite!(store);

/// Opens two stores on one new database, as two processes.
async fn two() -> (String, ReplicaSet, [MongoStore; 2]) {
    let url = Mongodb::shared().await.fresh();
    let front = ReplicaSet::before(&url).await;
    let url = front.url(&url);
    let open = async |holder| {
        let options = MongoOptions {
            connections: 8,
            answer_timeout: Duration::from_mins(1),
            ..MongoOptions::new(url.as_str(), Uuid::from_u128(holder))
        };
        let store = MongoStore::connect(options).await;
        let store = store.expect("the store opens");
        store.migrate().await.expect("the collections are made");
        store
    };
    let stores = [open(1).await, open(2).await];
    (url, front, stores)
}

async fn raised(store: &MongoStore, since: Option<EpochPosition>) -> EpochChanges {
    store.epochs().raised_since(since).await.expect("epochs")
}

/// Checks that no raise gets a number below one that was found before.
#[tokio::test(flavor = "multi_thread")]
async fn raises_of_two_processes_are_all_found() {
    let (_, _front, stores) = two().await;
    let mut position = raised(&stores[0], None).await.position;
    let raise = async |store: &MongoStore, first: u128| {
        for user in first..first + 50 {
            let mut work = PlatformWork::new();
            let user = UserId::from_uuid(Uuid::from_u128(user));
            work.raise_user_epoch(user, Timestamp::EPOCH);
            store.commit(work).await.expect("raised");
        }
    };
    let raises = join_all([raise(&stores[0], 0), raise(&stores[1], 100)]);
    tokio::pin!(raises);
    let mut found = BTreeSet::new();
    let mut is_last = false;
    while !is_last {
        tokio::select! {
            biased;
            _ = &mut raises => is_last = true,
            () = std::future::ready(()) => {}
        }
        let changed = raised(&stores[0], Some(position)).await;
        position = changed.position;
        let users = changed.changes.iter();
        found.extend(users.map(|change| change.subject.as_uuid().as_u128()));
    }
    let all: BTreeSet<u128> = (0..50).chain(100..150).collect();
    assert_eq!(found, all);
}

/// Checks that a raise by a process of an earlier version, which assigns no
/// number, is found.
#[tokio::test(flavor = "multi_thread")]
async fn raises_of_an_earlier_version_are_found() {
    let (url, _front, [store, _]) = two().await;
    let client = Client::with_uri_str(&url).await.expect("a client");
    let database = client.default_database().expect("a database");
    let epochs = database.collection::<Document>("epochs");
    let position = raised(&store, None).await.position;
    let user = bson::Uuid::from_bytes(Uuid::from_u128(7).into_bytes());
    let old = doc! { "_id": user, "kind": "user", "epoch": 1_i64, "changed_at": 0_i64 };
    epochs.insert_one(old).await.expect("raised");
    let changes = raised(&store, Some(position)).await.changes;
    let users: Vec<_> = changes.iter().map(|it| it.subject.as_uuid()).collect();
    assert_eq!(users, [Uuid::from_u128(7)]);
}
