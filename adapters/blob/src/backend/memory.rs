//! Objects in memory.

use std::sync::Arc;

use object_store::memory::InMemory;

use crate::store::{ObjectBlobStore, StoreContext};

impl ObjectBlobStore {
    /// Creates a store in memory, for tests and trials. Its blobs are lost when
    /// the process ends.
    pub fn memory(context: StoreContext) -> Self {
        Self::objects(Arc::new(InMemory::new()), context)
    }
}
