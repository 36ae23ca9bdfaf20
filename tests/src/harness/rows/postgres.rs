//! The rows of a PostgreSQL schema.

use std::collections::BTreeSet;

use sqlx::{Connection, PgConnection, Row};

use crate::harness::Place;

pub(super) struct Rows<'s> {
    url: &'s str,
}

impl<'s> Rows<'s> {
    pub(super) fn of(place: &'s Place) -> Self {
        Self {
            url: place.setting("TENANTRY_DATABASE__URL"),
        }
    }

    pub(super) async fn all(&self) -> BTreeSet<String> {
        let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()";
        let mut rows = BTreeSet::new();
        for table in self.texts(tables).await {
            let all = format!("SELECT row::text FROM \"{table}\" AS row");
            let lines = self.texts(&all).await.into_iter();
            rows.extend(lines.map(|line| format!("{table}: {line}")));
        }
        rows
    }

    pub(super) async fn jobs_of(&self, tenant: &str) -> Vec<String> {
        self.texts(&format!(
            "SELECT id::text FROM jobs WHERE tenant_id = '{tenant}'"
        ))
        .await
    }

    async fn texts(&self, query: &str) -> Vec<String> {
        let mut database = PgConnection::connect(self.url).await.expect("connected");
        let query = sqlx::query(sqlx::AssertSqlSafe(query.to_owned()));
        let rows = query.fetch_all(&mut database).await.expect("rows");
        database.close().await.expect("closed");
        let text = |row| Row::try_get::<String, _>(row, 0).expect("a text");
        rows.iter().map(text).collect()
    }
}
