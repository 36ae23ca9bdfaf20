//! What lies in the store and in the data folder, read past the service.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use super::{Actor, TestService};

/// The database in the data folder.
const DATABASE: &str = "tenantry.db";

impl TestService {
    /// Every row of every table as a line of text, but for those that name
    /// one of `without` in hexadecimal.
    pub async fn rows(&self, without: &[&Actor]) -> BTreeSet<String> {
        let marks: Vec<String> = without
            .iter()
            .flat_map(|actor| [&actor.user_id, &actor.tenant_id])
            .map(|id| id.replace('-', "").to_uppercase())
            .collect();
        let pool = self.database().await;
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        let mut rows = BTreeSet::new();
        for table in texts(&pool, tables).await {
            let columns = format!("SELECT name FROM pragma_table_info('{table}')");
            let columns = texts(&pool, &columns).await;
            let quoted: Vec<_> = columns.iter().map(|c| format!("quote(\"{c}\")")).collect();
            let all = format!("SELECT {} FROM \"{table}\"", quoted.join(" || '|' || "));
            let lines = texts(&pool, &all).await.into_iter();
            let lines = lines.map(|line| format!("{table}: {line}"));
            rows.extend(lines.filter(|line| {
                let line = line.to_uppercase().replace('-', "");
                !marks.iter().any(|mark| line.contains(mark))
            }));
        }
        pool.close().await;
        rows
    }

    /// The ids of a company's jobs, oldest first.
    pub async fn jobs_of(&self, company: &Actor) -> Vec<String> {
        let pool = self.database().await;
        let tenant = company.tenant_id.replace('-', "");
        let jobs = format!("SELECT hex(id) FROM jobs WHERE hex(tenant_id) = upper('{tenant}')");
        let ids = texts(&pool, &jobs).await.into_iter();
        let ids = ids.map(|id| id.parse::<uuid::Uuid>().expect("an id").to_string());
        let mut ids: Vec<String> = ids.collect();
        ids.sort();
        pool.close().await;
        ids
    }

    /// The stored bytes of a company by their place in the data folder.
    pub fn stored(&self, company: &Actor) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        walk(self.data(), &mut |path, bytes| {
            if path.contains(&company.tenant_id) {
                found.insert(path.to_owned(), bytes);
            }
        });
        found
    }

    async fn database(&self) -> SqlitePool {
        let path = self.data().join(DATABASE);
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
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

fn walk(folder: &Path, found: &mut impl FnMut(&str, Vec<u8>)) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, found);
        } else if let Ok(bytes) = fs::read(&path) {
            found(&path.to_string_lossy(), bytes);
        }
    }
}
