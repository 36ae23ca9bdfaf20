//! Access to a storage that bypasses the store under test.

use async_trait::async_trait;
use tenantry_application::ports::BlobKey;

/// Access to the objects of a store that bypasses the store.
#[async_trait]
pub trait DirectAccess: Send + Sync {
    /// Writes an object such as `t/<tenant>/<blob>`, replacing any of that name.
    async fn plant(&self, name: &str, bytes: Vec<u8>);

    /// Returns the names of all objects, including those that the store does
    /// not list.
    async fn names(&self) -> Vec<String>;

    /// Returns how unfinished writes of a killed process end here.
    fn unfinished_end(&self) -> UnfinishedEnd;

    /// Returns whether the storage checks for an object and writes it in one
    /// step, even if several clients race.
    fn has_atomic_writes(&self) -> bool {
        true
    }

    /// Starts a write of `key` and leaves it unfinished, as a killed process
    /// does.
    async fn abandon_write(&self, key: BlobKey);

    /// Returns the unfinished writes of `key`, each as the sizes in bytes of
    /// the parts that have arrived.
    ///
    /// Where the storage does not know the key of an unfinished write, returns
    /// those of every key; where it merges the writes of a key, returns them as
    /// one.
    async fn unfinished_writes(&self, key: BlobKey) -> Vec<Vec<u64>>;
}

/// The end of an unfinished write whose process was killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnfinishedEnd {
    /// A sweep removes it.
    Removed,
    /// A sweep reports its key, and `abort_unfinished` ends it.
    Reported,
    /// The service discards it after a while.
    Expired,
    /// It stays until a lifecycle rule of the service removes it.
    Kept,
}
