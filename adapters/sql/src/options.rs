//! How a store is opened.

use std::{path::PathBuf, time::Duration};

/// Where the database is and how it is used.
#[derive(Debug, Clone)]
pub struct SqlOptions {
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

impl SqlOptions {
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
