//! The SQL adapter on SQLite.

#![expect(
    clippy::expect_used,
    reason = "a store that does not open fails its case"
)]

use std::sync::Arc;

use sqlx::{Connection, SqliteConnection, query, sqlite::SqliteConnectOptions};
use tenantry_application::ports::{EpochPosition, PlatformStore};
use tenantry_sql::{SqlStore, SqliteOptions};
use tenantry_tests::conformance::metadata::World;
use uuid::Uuid;

/// Opens a new database file.
async fn store() -> World {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = SqliteOptions::new(folder.path().join("tenantry.db"));
    let store = SqlStore::connect(options).await.expect("the store opens");
    store.migrate().await.expect("the tables are made");
    World::new(Arc::new(store), folder)
}

tenantry_tests::metadata_suite!(store);

/// Checks that raises by a program of an earlier version are found, and that rows
/// from before the numbers get one when they are raised.
#[tokio::test]
async fn raises_of_an_earlier_version_are_found() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("tenantry.db");
    let store = SqlStore::connect(SqliteOptions::new(&file)).await;
    let store = store.expect("the store opens");
    store.migrate().await.expect("the tables are made");
    let options = SqliteConnectOptions::new().filename(&file);
    let mut database = SqliteConnection::connect_with(&options)
        .await
        .expect("connected");
    let mut raise = async |user: u128| {
        let raise = "INSERT INTO epochs (subject_id, kind, epoch, changed_at) \
                     VALUES (?, 'user', 1, 0) ON CONFLICT (subject_id) \
                     DO UPDATE SET epoch = epochs.epoch + 1, changed_at = excluded.changed_at";
        let raise = query(raise).bind(Uuid::from_u128(user));
        raise.execute(&mut database).await.expect("raised");
    };
    let found = async |since| {
        let raised = store.epochs().raised_since(Some(since)).await;
        let raised = raised.expect("epochs");
        let changes = raised.changes.iter();
        let changes = changes.map(|change| (change.subject.as_uuid().as_u128(), change.epoch));
        (raised.position, changes.collect::<Vec<_>>())
    };
    raise(1).await;
    raise(2).await;
    let (position, changes) = found(EpochPosition(0)).await;
    assert_eq!(changes, [(1, 1), (2, 1)]);
    raise(1).await;
    let (position, changes) = found(position).await;
    assert_eq!(changes, [(1, 2)]);
    assert_eq!(found(position).await, (position, Vec::new()));
    let mut old = SqliteConnection::connect_with(&options)
        .await
        .expect("connected");
    let unnumbered = query("UPDATE epochs SET ordinal = NULL WHERE epoch = 1");
    unnumbered.execute(&mut old).await.expect("changed");
    raise(2).await;
    assert_eq!(found(position).await.1, [(2, 2)]);
}
