//! Blobs in an object store without conditional writes.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::future::{Ready, ready};

use tenantry_application::ports::BlobStore;
use tenantry_tests::conformance::blob_store::BlobFixture;

use crate::memory_objects::MemoryObjects;

tenantry_tests::blob_store_suite!(fixture);

fn fixture() -> Ready<BlobFixture> {
    ready(MemoryObjects::unconditional().fixture())
}

#[tokio::test]
async fn missing_conditions_are_known_after_the_first_write() {
    let store = MemoryObjects::unconditional().open();
    store.probe().await.expect("healthy");
    assert!(!store.capabilities().conditional_write);
}
