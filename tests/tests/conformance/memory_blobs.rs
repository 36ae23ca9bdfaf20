//! Blobs in memory, through `object_store`.

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use tenantry_tests::conformance::blob_store::BlobFixture;

use crate::memory_objects::MemoryObjects;

tenantry_tests::blob_store_suite!(fixture);

fn fixture() -> Ready<BlobFixture> {
    ready(MemoryObjects::conditional().fixture())
}

/// The suite on a store without memory for read-ahead, as when slow clients
/// hold all of it.
mod without_read_memory {
    use super::*;

    tenantry_tests::blob_store_suite!(fixture);

    fn fixture() -> Ready<BlobFixture> {
        let objects = MemoryObjects::conditional();
        let store = objects.open_without_read_memory();
        ready(BlobFixture::new(Arc::new(store), Box::new(objects)))
    }
}
