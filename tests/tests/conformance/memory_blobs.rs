//! Bytes in memory, through `object_store`.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use async_trait::async_trait;
use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, memory::InMemory, path::Path};
use tenantry_blob::{ObjectBlobStore, StoreContext, UploadMemory};
use tenantry_crypto::{SystemClock, UuidV7Ids};
use tenantry_tests::conformance::blob_store::{BehindTheStore, BlobFixture};

tenantry_tests::blob_store_suite!(fixture);

struct Objects(Arc<InMemory>);

#[async_trait]
impl BehindTheStore for Objects {
    async fn plant(&self, name: &str, bytes: Vec<u8>) {
        let put = self.0.put(&Path::from(name), bytes.into()).await;
        put.expect("written");
    }

    async fn names(&self) -> Vec<String> {
        let metas: Vec<_> = self.0.list(None).try_collect().await.expect("listed");
        metas.iter().map(|meta| meta.location.to_string()).collect()
    }
}

fn fixture() -> Ready<BlobFixture> {
    let objects = Arc::new(InMemory::new());
    let context = StoreContext {
        clock: Arc::new(SystemClock),
        ids: Arc::new(UuidV7Ids),
        upload_memory: UploadMemory::new(8 * 1024 * 1024),
    };
    let store = ObjectBlobStore::objects(objects.clone(), context);
    ready(BlobFixture::new(
        Arc::new(store),
        Box::new(Objects(objects)),
    ))
}
