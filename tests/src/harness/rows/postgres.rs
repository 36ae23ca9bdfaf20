//! The rows of a PostgreSQL schema.

use std::{collections::BTreeSet, path::Path};

use async_trait::async_trait;
use sqlx::{Connection, PgConnection, Row};

use super::{
    reader::Rows,
    tampering::{Literals, Tampering},
};

struct PostgresRows {
    url: String,
}

/// Opens the database of a URL.
pub(in crate::harness) fn open(url: &str, _data: &Path) -> Box<dyn Rows> {
    let url = url.to_owned();
    Box::new(PostgresRows { url })
}

#[async_trait]
impl Rows for PostgresRows {
    async fn all(&self) -> BTreeSet<String> {
        let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()";
        let mut rows = BTreeSet::new();
        for table in self.texts(tables).await {
            let all = format!("SELECT row::text FROM \"{table}\" AS row");
            let lines = self.texts(&all).await.into_iter();
            rows.extend(lines.map(|line| format!("{table}: {line}")));
        }
        rows
    }

    async fn replace_email_key(&self, key: &str, by: &str) {
        let mut database = PgConnection::connect(&self.url).await.expect("connected");
        let update = sqlx::query("UPDATE identities SET email_key = $1 WHERE email_key = $2");
        let updated = update.bind(by).bind(key).execute(&mut database).await;
        assert_eq!(updated.expect("an update").rows_affected(), 1);
        database.close().await.expect("closed");
    }

    async fn jobs_of(&self, tenant: &str) -> Vec<String> {
        self.texts(&format!(
            "SELECT id::text FROM jobs WHERE tenant_id = '{tenant}'"
        ))
        .await
    }

    async fn tamper(&self, change: &Tampering) {
        let mut database = PgConnection::connect(&self.url).await.expect("connected");
        for statement in LITERALS.statements(change) {
            let statement = sqlx::query(sqlx::AssertSqlSafe(statement));
            let done = statement.execute(&mut database).await;
            assert_ne!(done.expect("a change").rows_affected(), 0, "{change:?}");
        }
        database.close().await.expect("closed");
    }
}

const LITERALS: Literals = Literals {
    id: |id| format!("'{id}'::uuid"),
    bytes: |hex| format!("'\\x{hex}'::bytea"),
};

impl PostgresRows {
    async fn texts(&self, query: &str) -> Vec<String> {
        let mut database = PgConnection::connect(&self.url).await.expect("connected");
        let query = sqlx::query(sqlx::AssertSqlSafe(query.to_owned()));
        let rows = query.fetch_all(&mut database).await.expect("rows");
        database.close().await.expect("closed");
        let text = |row| Row::try_get::<String, _>(row, 0).expect("a text");
        rows.iter().map(text).collect()
    }
}
