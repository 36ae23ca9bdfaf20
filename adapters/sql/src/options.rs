//! The options of a store.

use std::{fmt, path::PathBuf, time::Duration};

/// The database, and the limits of its use.
#[derive(Debug, Clone)]
pub enum SqlOptions {
    /// A local file.
    Sqlite(SqliteOptions),
    /// A server.
    Postgres(PostgresOptions),
}

/// The path of a file, and the limits of its use.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The file, in an existing folder. A missing file is created, readable by
    /// its owner only.
    pub path: PathBuf,
    /// The number of connections for reads, at least one.
    pub readers: u32,
    /// The maximum number of queued commits, beyond which a commit fails with
    /// busy immediately. One tenant may occupy half of the queue.
    pub queue: usize,
    /// The maximum number of commits in one transaction.
    pub group: usize,
    /// The timeout for a lock held by another process.
    pub busy_timeout: Duration,
    /// The size of the page cache of each connection, in bytes.
    pub cache_bytes: u64,
}

/// The address of a server, and the limits of its use.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port/database`.
    pub url: String,
    /// The URL of the same database with another login, which may change the
    /// schema.
    pub migrate_url: Option<String>,
    /// The maximum number of open connections, at least two.
    pub connections: u32,
    /// The timeout of a read, including the wait for a connection. It fails with
    /// unavailable afterwards, and immediately while the server is down.
    pub answer_within: Duration,
    /// The maximum number of queued commits, beyond which a commit fails with
    /// busy immediately. One tenant may occupy half of the queue.
    pub queue: usize,
    /// The maximum number of commits of one tenant in one transaction.
    pub group: usize,
    /// Whether commits of a tenant run under row-level security, which limits
    /// them to its rows.
    pub row_security: bool,
    /// Whether reads of a tenant do so too, if `row_security` is set. Each takes
    /// a transaction.
    pub guarded_reads: bool,
    /// Whether statements stay prepared on a connection; `None` if this depends on
    /// a pooler in front of the server.
    pub prepared_statements: Option<bool>,
}

impl SqliteOptions {
    /// Creates options with defaults for the file at a path.
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
    /// Creates options with defaults for the server at a URL.
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
            prepared_statements: None,
        }
    }

    /// Returns the timeout for acquiring a connection: less than that of a read, so
    /// that an exhausted pool is busy and not unavailable.
    pub(crate) fn acquire_timeout(&self) -> Duration {
        self.answer_within * 2 / 3
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

/// Omits the URLs, which contain passwords.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("connections", &self.connections)
            .field("answer_within", &self.answer_within)
            .field("queue", &self.queue)
            .field("group", &self.group)
            .field("row_security", &self.row_security)
            .field("guarded_reads", &self.guarded_reads)
            .field("prepared_statements", &self.prepared_statements)
            .finish_non_exhaustive()
    }
}
