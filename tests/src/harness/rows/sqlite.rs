//! The rows of a SQLite file.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use super::{
    reader::{Rows, bare},
    tampering::{Literals, Tampering},
};

struct SqliteRows {
    file: PathBuf,
}

/// Opens the database in the data directory of a service.
pub(in crate::harness) fn open(_url: &str, data: &Path) -> Box<dyn Rows> {
    let file = data.join("tenantry.db");
    Box::new(SqliteRows { file })
}

#[async_trait]
impl Rows for SqliteRows {
    async fn all(&self) -> BTreeSet<String> {
        let pool = self.open().await;
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        let mut rows = BTreeSet::new();
        for table in texts(&pool, tables).await {
            let columns = format!("SELECT name FROM pragma_table_info('{table}')");
            let columns = texts(&pool, &columns).await;
            let quoted: Vec<_> = columns.iter().map(|c| format!("quote(\"{c}\")")).collect();
            let all = format!("SELECT {} FROM \"{table}\"", quoted.join(" || '|' || "));
            let lines = texts(&pool, &all).await.into_iter();
            rows.extend(lines.map(|line| format!("{table}: {line}")));
        }
        pool.close().await;
        rows
    }

    async fn replace_email_key(&self, key: &str, by: &str) {
        let options = SqliteConnectOptions::new().filename(&self.file);
        let pool = SqlitePoolOptions::new().max_connections(1);
        let pool = pool.connect_with(options).await.expect("the database");
        let update = sqlx::query("UPDATE identities SET email_key = ? WHERE email_key = ?");
        let updated = update.bind(by).bind(key).execute(&pool).await;
        assert_eq!(updated.expect("an update").rows_affected(), 1);
        pool.close().await;
    }

    async fn jobs_of(&self, tenant: &str) -> Vec<String> {
        let pool = self.open().await;
        let tenant = bare(tenant);
        let jobs = format!("SELECT hex(id) FROM jobs WHERE hex(tenant_id) = '{tenant}'");
        let ids = texts(&pool, &jobs).await.into_iter();
        let ids = ids.map(|id| id.parse::<uuid::Uuid>().expect("an id").to_string());
        let ids = ids.collect();
        pool.close().await;
        ids
    }

    async fn tamper(&self, change: &Tampering) {
        let pool = self.open_with(false).await;
        for statement in LITERALS.statements(change) {
            let done = sqlx::query(sqlx::AssertSqlSafe(statement))
                .execute(&pool)
                .await;
            assert_ne!(done.expect("a change").rows_affected(), 0, "{change:?}");
        }
        pool.close().await;
    }
}

const LITERALS: Literals = Literals {
    id: |id| format!("x'{}'", id.simple()),
    bytes: |hex| format!("x'{hex}'"),
};

impl SqliteRows {
    async fn open(&self) -> SqlitePool {
        self.open_with(true).await
    }

    async fn open_with(&self, is_read_only: bool) -> SqlitePool {
        let options = SqliteConnectOptions::new()
            .filename(&self.file)
            .read_only(is_read_only);
        let pool = SqlitePoolOptions::new().max_connections(1);
        pool.connect_with(options).await.expect("the database")
    }
}

async fn texts(pool: &SqlitePool, query: &str) -> Vec<String> {
    let query = sqlx::AssertSqlSafe(query.to_owned());
    let rows = sqlx::query(query).fetch_all(pool).await.expect("rows");
    let text = |row| Row::try_get::<String, _>(row, 0).expect("a text");
    rows.iter().map(text).collect()
}
