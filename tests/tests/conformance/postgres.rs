//! The SQL adapter on `PostgreSQL`.

#![expect(
    clippy::expect_used,
    reason = "a store that does not open fails its case"
)]

use std::sync::Arc;

use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, Postgres as SqlxPostgres,
    postgres::PgArguments, query, query::Query, query_scalar,
};
use tenantry_sql::{PostgresOptions, SqlStore};
use tenantry_tests::{
    conformance::metadata::{World, stamped},
    services::Postgres,
};
use uuid::Uuid;

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

/// Who serves need not own the tables, nor be able to change them.
#[tokio::test]
async fn who_serves_need_not_own_the_tables() {
    let (owner, guest) = Postgres::shared().await.fresh_of_two().await;
    let options = PostgresOptions {
        migrate_url: Some(owner),
        connections: 4,
        ..PostgresOptions::new(guest)
    };
    let open = async || {
        let store = SqlStore::connect(options.clone()).await;
        let store = store.expect("the store opens");
        store.migrate().await.expect("the tables are made");
        store
    };
    // What stands already is no obstacle.
    open().await.close().await.expect("closed");
    let world = World::new(Arc::new(open().await), ());
    stamped::isolation::no_read_sees_over_the_wall(&world).await;
}

/// Whatever a query says, behind the wall there is one tenant's data alone.
#[tokio::test]
async fn the_wall_holds_without_any_filter() {
    let url = Postgres::shared().await.fresh().await;
    let store = SqlStore::connect(PostgresOptions::new(url.as_str())).await;
    let store = store.expect("the store opens");
    store.migrate().await.expect("the tables are made");
    let (own, foreign) = (Uuid::from_u128(7), Uuid::from_u128(8));
    let mut database = PgConnection::connect(&url).await.expect("connected");
    for tenant in [own, foreign] {
        ledger(tenant).execute(&mut database).await.expect("a row");
    }

    let mut behind = database.begin().await.expect("begun");
    let enter = format!("SET LOCAL ROLE tenantry_tenant; SET LOCAL tenantry.tenant = '{own}'");
    behind.execute(AssertSqlSafe(enter)).await.expect("entered");
    let seen: Vec<Uuid> = query_scalar("SELECT tenant_id FROM quotas")
        .fetch_all(&mut *behind)
        .await
        .expect("rows");
    assert_eq!(seen, [own]);
    let written = query("UPDATE quotas SET limit_bytes = 1")
        .execute(&mut *behind)
        .await;
    assert_eq!(written.expect("written").rows_affected(), 1);
    let planted = ledger(Uuid::from_u128(9)).execute(&mut *behind).await;
    let refused = planted.expect_err("refused").to_string();
    assert!(refused.contains("row-level security"), "{refused}");
    drop(behind);

    // Whoever forgets to say which tenant sees nothing at all.
    let mut behind = database.begin().await.expect("begun");
    behind
        .execute("SET LOCAL ROLE tenantry_tenant")
        .await
        .expect("entered");
    let seen = query("SELECT tenant_id FROM quotas")
        .fetch_all(&mut *behind)
        .await;
    assert!(seen.is_err());
}

fn ledger(tenant: Uuid) -> Query<'static, SqlxPostgres, PgArguments> {
    let insert = "INSERT INTO quotas (tenant_id, limit_bytes, used_bytes, reserved_bytes) \
                  VALUES ($1, 0, 0, 0)";
    query(insert).bind(tenant)
}
