//! The SQL adapter on SQLite.

#![expect(
    clippy::expect_used,
    reason = "a store that does not open fails its case"
)]

use std::sync::Arc;

use tenantry_sql::{SqlStore, SqliteOptions};
use tenantry_tests::conformance::metadata::World;

/// Opens a new database file.
async fn store() -> World {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = SqliteOptions::new(folder.path().join("tenantry.db"));
    let store = SqlStore::connect(options).await.expect("the store opens");
    store.migrate().await.expect("the tables are made");
    World::new(Arc::new(store), folder)
}

tenantry_tests::metadata_suite!(store);
