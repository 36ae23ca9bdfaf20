//! The options of a store.

use std::{fmt, time::Duration};

use uuid::Uuid;

/// The address of a server, and the limits of its use.
#[derive(Clone)]
pub struct MongoOptions {
    /// `mongodb://user:password@host:port/database` or `mongodb+srv://…`; it
    /// names the database.
    pub url: String,
    /// The id of this process as the holder of the lease; unique per start.
    pub holder: Uuid,
    /// The maximum number of open connections, at least two.
    pub connections: u32,
    /// The timeout for selecting a server, for connecting to it, and for each
    /// response.
    pub answer_timeout: Duration,
    /// The maximum number of queued commits, beyond which a commit fails with
    /// busy immediately. One tenant may occupy half of the queue.
    pub queue: usize,
    /// The maximum number of commits written as one.
    pub group: usize,
    /// The length of the writer lease on a server without transactions, and so
    /// the delay of a start after a crash. It is at least two and a half times
    /// `answer_timeout`, so that a write that begins in its first half ends
    /// before another process takes over.
    pub lease: Duration,
}

impl MongoOptions {
    /// Creates options with defaults for the database of a URL.
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

/// Omits the URL, which contains a password.
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
