//! The MongoDB adapter on a server with transactions.

#![expect(
    clippy::expect_used,
    reason = "a store that does not open fails its case"
)]

use std::{sync::Arc, time::Duration};

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
