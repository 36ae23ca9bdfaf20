//! Row-level security on each table that it protects.

#![expect(clippy::expect_used, reason = "a failed statement fails its case")]

use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, Postgres as SqlxPostgres, Transaction,
    query_scalar,
};
use tenantry_sql::{PostgresOptions, SqlStore};
use tenantry_store::schema::{ColumnInfo, DataType, TableInfo};
use tenantry_tests::services::Postgres;
use uuid::Uuid;

const OWN: Uuid = Uuid::from_u128(7);
const FOREIGN: Uuid = Uuid::from_u128(8);
const NEW: Uuid = Uuid::from_u128(9);

/// Checks that a tenant can read, change, add and remove its own rows only.
#[tokio::test]
async fn postgres_limits_every_statement_to_one_tenant() {
    let url = Postgres::shared().await.fresh().await;
    let store = SqlStore::connect(PostgresOptions::new(url.as_str())).await;
    let store = store.expect("the store opens");
    store.migrate().await.expect("the tables are created");
    let mut database = PgConnection::connect(&url).await.expect("connected");
    let mut checked = 0;
    for table in TableInfo::all() {
        let Some(owner) = table.protected else {
            continue;
        };
        checked += 1;
        for tenant in [OWN, FOREIGN] {
            let insert = AssertSqlSafe(insert(&table, tenant));
            database.execute(insert).await.expect(table.name);
        }
        let owners = format!("SELECT {owner} FROM {}", table.name);
        for (statement, count) in [
            (format!("UPDATE {} SET {owner} = {owner}", table.name), 1),
            (format!("DELETE FROM {}", table.name), 1),
            (insert(&table, OWN), 1),
        ] {
            let mut tenant = enter(&mut database, Some(OWN)).await;
            let seen = query_scalar::<SqlxPostgres, Uuid>(AssertSqlSafe(owners.clone()));
            let seen = seen.fetch_all(&mut *tenant).await.expect(table.name);
            assert_eq!(seen, [OWN], "{}", table.name);
            if statement.starts_with("INSERT") {
                let removal = format!("DELETE FROM {}", table.name);
                tenant
                    .execute(AssertSqlSafe(removal))
                    .await
                    .expect(table.name);
            }
            let done = tenant.execute(AssertSqlSafe(statement.clone())).await;
            assert_eq!(
                done.expect(&statement).rows_affected(),
                count,
                "{statement}"
            );
        }
        for statement in [
            insert(&table, NEW),
            format!("UPDATE {} SET {owner} = '{NEW}'", table.name),
        ] {
            let mut tenant = enter(&mut database, Some(OWN)).await;
            let refused = tenant.execute(AssertSqlSafe(statement.clone())).await;
            let refused = refused.expect_err(&statement).to_string();
            assert!(
                refused.contains("row-level security"),
                "{statement}: {refused}"
            );
        }
        // Without a tenant no row is visible.
        let mut nobody = enter(&mut database, None).await;
        let seen = nobody.execute(AssertSqlSafe(owners)).await;
        assert!(seen.is_err(), "{}", table.name);
    }
    assert!(checked > 1, "{checked} tables");
}

/// Restricts a transaction, which its end undoes.
async fn enter(database: &mut PgConnection, tenant: Option<Uuid>) -> Transaction<'_, SqlxPostgres> {
    let mut transaction = database.begin().await.expect("begun");
    let role = "SET LOCAL ROLE tenantry_tenant";
    transaction.execute(role).await.expect("restricted");
    if let Some(tenant) = tenant {
        let set = format!("SET LOCAL tenantry.tenant = '{tenant}'");
        transaction
            .execute(AssertSqlSafe(set))
            .await
            .expect("restricted");
    }
    transaction
}

/// Returns a statement that inserts a row whose ids are all `id`.
fn insert(table: &TableInfo, id: Uuid) -> String {
    let columns: Vec<_> = table.columns.iter().map(|column| column.name).collect();
    let value = |column: &ColumnInfo| match column.data_type {
        DataType::Id => format!("'{id}'"),
        // Unique keys hold it.
        DataType::Text => format!("'text {id}'"),
        DataType::Integer => "0".to_owned(),
        DataType::Bytes => "''".to_owned(),
        DataType::Flag => "false".to_owned(),
    };
    let values: Vec<_> = table.columns.iter().map(value).collect();
    let (columns, values) = (columns.join(", "), values.join(", "));
    format!("INSERT INTO {} ({columns}) VALUES ({values})", table.name)
}
