//! The MongoDB adapter on the server of this run.

#![expect(
    clippy::expect_used,
    reason = "a store that does not open fails its case"
)]

use std::{sync::Arc, time::Duration};

use tenantry_mongo::{MongoOptions, MongoStore};
use tenantry_tests::{conformance::metadata::World, services::Mongodb};
use uuid::Uuid;

/// Opens a new database.
async fn store() -> World {
    World::new(Arc::new(open().await), ()).with_large_unit(1_000)
}

async fn open() -> MongoStore {
    let url = Mongodb::shared().await.fresh();
    let options = MongoOptions {
        connections: 8,
        // The cases share a small server.
        answer_timeout: Duration::from_mins(1),
        lease: Duration::from_mins(5),
        ..MongoOptions::new(url, Uuid::from_u128(1))
    };
    let store = MongoStore::connect(options).await;
    let store = store.expect("the store opens");
    store.migrate().await.expect("the collections are made");
    store
}

#[tokio::test]
async fn the_collections_match_the_declaration() {
    let drift = open().await.drift().await.expect("a comparison");
    assert!(drift.is_empty(), "{drift:#?}");
}

tenantry_tests::metadata_suite!(store);
