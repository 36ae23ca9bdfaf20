//! Objects in the memory of this process.

use std::sync::Arc;

use object_store::memory::InMemory;

use crate::store::{ObjectBlobStore, StoreContext};

impl ObjectBlobStore {
    /// Blobs in memory, gone with the process: for tests and trials.
    pub fn memory(context: StoreContext) -> Self {
        Self::objects(Arc::new(InMemory::new()), context)
    }
}
