//! A data folder, read and changed without the service.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

/// The data folder of a test.
pub(crate) struct DataFolder(TempDir);

impl DataFolder {
    /// Creates an empty folder.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// Returns the path.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Returns the files of blobs.
    pub(crate) fn blob_files(&self) -> Vec<PathBuf> {
        let tenants = files_in(&self.path().join("blobs/t"));
        tenants.iter().flat_map(|tenant| files_in(tenant)).collect()
    }

    /// Returns the files of unfinished writes.
    pub(crate) fn staging_files(&self) -> Vec<PathBuf> {
        files_in(&self.path().join("blobs/staging"))
    }

    /// Counts rows, or reads another number.
    pub(crate) async fn number(&self, query: &'static str) -> i64 {
        let numbers = self.column::<i64>(query).await;
        *numbers.first().expect("a row")
    }

    /// Reads the single column of a query.
    pub(crate) async fn column<T>(&self, query: &'static str) -> Vec<T>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + Send + Unpin,
    {
        let mut database = self.database().await;
        let read = sqlx::query_scalar(query).fetch_all(&mut database).await;
        database.close().await.expect("closed");
        read.expect("rows")
    }

    /// Changes at least one row.
    pub(crate) async fn change(&self, statement: &'static str) {
        assert_ne!(self.run(statement).await, 0, "{statement}");
    }

    /// Runs a statement and returns the number of changed rows.
    pub(crate) async fn run(&self, statement: &'static str) -> u64 {
        let mut database = self.database().await;
        let ran = sqlx::query(statement).execute(&mut database).await;
        database.close().await.expect("closed");
        ran.expect("a result").rows_affected()
    }

    async fn database(&self) -> SqliteConnection {
        let file = SqliteConnectOptions::new().filename(self.path().join("tenantry.db"));
        file.connect().await.expect("a database")
    }
}

/// Returns the contents of a folder; empty if it does not exist.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    match fs::read_dir(folder) {
        Ok(entries) => entries
            .map(|entry| entry.expect("an entry").path())
            .collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => panic!("{}: {error}", folder.display()),
    }
}
