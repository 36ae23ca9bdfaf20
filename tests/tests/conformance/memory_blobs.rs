//! Blobs in memory, through `object_store`.

use std::future::{Ready, ready};

use tenantry_tests::conformance::blob_store::BlobFixture;

use crate::memory_objects::MemoryObjects;

tenantry_tests::blob_store_suite!(fixture);

fn fixture() -> Ready<BlobFixture> {
    ready(MemoryObjects::conditional().fixture())
}
