//! The SQL adapter on PostgreSQL behind a pooler in transaction mode.

#![expect(
    clippy::expect_used,
    reason = "a store that does not open fails its case"
)]

use std::sync::Arc;

use tenantry_application::ports::{PlatformStore, PortErrorKind};
use tenantry_sql::{PostgresOptions, SqlStore};
use tenantry_tests::{conformance::metadata::World, services::Pgbouncer};

/// Opens a new schema.
async fn store() -> World {
    let url = Pgbouncer::shared().await.fresh().await;
    let options = PostgresOptions {
        connections: 8,
        ..PostgresOptions::new(url)
    };
    let store = SqlStore::connect(options).await.expect("the store opens");
    store.migrate().await.expect("the tables are created");
    World::new(Arc::new(store), ())
}

tenantry_tests::metadata_suite!(store);

/// Checks that the key that disables prepared statements replaces the detection, and
/// that the reverse is reported if the pooler does not support them.
#[tokio::test]
async fn prepared_statements_are_configurable() {
    let url = Pgbouncer::shared().await.fresh().await;
    let open = async |prepared_statements| {
        let options = PostgresOptions {
            prepared_statements: Some(prepared_statements),
            connections: 8,
            ..PostgresOptions::new(url.as_str())
        };
        let store = SqlStore::connect(options).await?;
        store.migrate().await?;
        store.probe().await
    };
    open(false).await.expect("statements for each transaction");
    let error = loop {
        if let Err(error) = open(true).await {
            break error;
        }
    };
    assert!(
        error.context.contains("database.prepared_statements"),
        "{error}"
    );
}

/// Checks the poolers and URLs that cannot work.
#[tokio::test]
async fn unusable_poolers_are_reported() {
    let statements = Pgbouncer::start("statement").await;
    let options = format!(
        "{}?options=-csearch_path%3Da",
        Pgbouncer::shared().await.fresh().await
    );
    for (url, advice) in [
        (statements.fresh().await, "pool_mode"),
        (options, "ignore_startup_parameters"),
    ] {
        let refused = SqlStore::connect(PostgresOptions::new(url)).await;
        let error = refused.expect_err("a refusal");
        assert_eq!(error.kind, PortErrorKind::Internal, "{error:?}");
        assert!(error.context.contains(advice), "{error:?}");
    }
}
