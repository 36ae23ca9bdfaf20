//! How a store is opened.

use std::{fmt, path::PathBuf, time::Duration};

/// Which database, and how it is used.
#[derive(Debug, Clone)]
pub enum SqlOptions {
    /// A file of this machine.
    Sqlite(SqliteOptions),
    /// A server.
    Postgres(PostgresOptions),
}

/// Where a file is and how it is used.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The file. It is made, readable by its owner alone, where there is none;
    /// its folder must be there.
    pub path: PathBuf,
    /// Connections that read, at least one.
    pub readers: u32,
    /// Commits that may wait for the writer; what comes after them is
    /// answered busy at once. One tenant may hold half of it.
    pub queue: usize,
    /// The most commits that are written in one transaction.
    pub group: usize,
    /// How long to wait for a lock that another process holds.
    pub busy_timeout: Duration,
    /// Pages each connection may keep in memory, in bytes.
    pub cache_bytes: u64,
}

/// Where a server is and how it is used.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port/database`.
    pub url: String,
    /// The same database with a login that may change its schema, where that
    /// is another one.
    pub migrate_url: Option<String>,
    /// Connections that are open at once, at least two.
    pub connections: u32,
    /// How soon the server must answer a read, the wait for a connection
    /// included. One that takes longer is unavailable; while the server gives
    /// no sign of life at all, everything is at once.
    pub answer_within: Duration,
    /// Commits that may wait to be written; what comes after them is answered
    /// busy at once. One tenant may hold half of it.
    pub queue: usize,
    /// The most commits of one tenant that are written in one transaction.
    pub group: usize,
    /// Whether what is done for one tenant runs as a role that sees this
    /// tenant's rows alone.
    pub row_security: bool,
    /// Whether reads do so too, where commits do: each then takes a
    /// transaction.
    pub guarded_reads: bool,
}

impl SqliteOptions {
    /// The usual way to use the file at a path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: 4,
            queue: 1024,
            group: 128,
            busy_timeout: Duration::from_secs(5),
            cache_bytes: 8 * 1024 * 1024,
        }
    }
}

impl PostgresOptions {
    /// The usual way to use the server at a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            migrate_url: None,
            connections: 16,
            answer_within: Duration::from_millis(1500),
            queue: 1024,
            group: 128,
            row_security: true,
            guarded_reads: true,
        }
    }
}

impl SqlOptions {
    pub(crate) fn queue(&self) -> usize {
        match self {
            Self::Sqlite(options) => options.queue,
            Self::Postgres(options) => options.queue,
        }
    }

    pub(crate) fn group(&self) -> usize {
        match self {
            Self::Sqlite(options) => options.group,
            Self::Postgres(options) => options.group,
        }
    }
}

impl From<SqliteOptions> for SqlOptions {
    fn from(options: SqliteOptions) -> Self {
        Self::Sqlite(options)
    }
}

impl From<PostgresOptions> for SqlOptions {
    fn from(options: PostgresOptions) -> Self {
        Self::Postgres(options)
    }
}

/// Without the URLs, which hold passwords.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("connections", &self.connections)
            .field("answer_within", &self.answer_within)
            .field("queue", &self.queue)
            .field("group", &self.group)
            .field("row_security", &self.row_security)
            .field("guarded_reads", &self.guarded_reads)
            .finish_non_exhaustive()
    }
}
