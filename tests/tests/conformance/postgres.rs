//! The SQL adapter on `PostgreSQL`.

#![expect(
    clippy::expect_used,
    reason = "a store that does not open fails its case"
)]

use std::sync::Arc;

use tenantry_sql::{PostgresOptions, SqlStore};
use tenantry_tests::{conformance::metadata::World, services::Postgres};

/// A schema of its own for each case.
async fn store() -> World {
    let url = Postgres::shared().await.fresh().await;
    let options = PostgresOptions {
        connections: 8,
        ..PostgresOptions::new(url)
    };
    let store = SqlStore::connect(options).await.expect("the store opens");
    store.migrate().await.expect("the tables are made");
    World::new(Arc::new(store), ())
}

tenantry_tests::metadata_suite!(store);
