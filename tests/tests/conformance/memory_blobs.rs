//! Bytes in memory, through `object_store`.

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use object_store::memory::InMemory;
use tenantry_blob::ObjectBlobStore;
use tenantry_tests::conformance::blob_store::BlobFixture;

use crate::objects::{Objects, context};

tenantry_tests::blob_store_suite!(fixture);

fn fixture() -> Ready<BlobFixture> {
    let objects = Arc::new(InMemory::new());
    let store = ObjectBlobStore::objects(objects.clone(), context());
    let behind = Box::new(Objects(objects));
    ready(BlobFixture::new(Arc::new(store), behind))
}
