//! How a store is opened.

use std::{fmt, time::Duration};

use uuid::Uuid;

/// Where a server is and how it is used.
#[derive(Clone)]
pub struct MongoOptions {
    /// `mongodb://user:password@host:port/database` or `mongodb+srv://…`; it
    /// names the database.
    pub url: String,
    /// Who this process is to others: an id that no process had before.
    pub holder: Uuid,
    /// Connections that are open at once, at least two.
    pub connections: u32,
    /// How long a server may take to be found, to be connected to, and for
    /// each of its answers; after that it counts as away.
    pub answer_timeout: Duration,
    /// Commits that may wait to be written; what comes after them is answered
    /// busy at once. One tenant may hold half of it.
    pub queue: usize,
    /// The most commits that are written as one.
    pub group: usize,
    /// How long a process that has gone silent is believed to be alive, on a
    /// server without transactions. A start after a crash waits so long. At
    /// least two and a half times as long as an answer may take: a write that
    /// begins in its first half has then ended before anybody takes over.
    pub lease: Duration,
}

impl MongoOptions {
    /// The usual way to use the database of a URL.
    pub fn new(url: impl Into<String>, holder: Uuid) -> Self {
        Self {
            url: url.into(),
            holder,
            connections: 32,
            answer_timeout: Duration::from_secs(2),
            queue: 1024,
            group: 128,
            lease: Duration::from_secs(5),
        }
    }
}

/// Without the URL, which holds a password.
impl fmt::Debug for MongoOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoOptions")
            .field("holder", &self.holder)
            .field("connections", &self.connections)
            .field("answer_timeout", &self.answer_timeout)
            .field("queue", &self.queue)
            .field("group", &self.group)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}
