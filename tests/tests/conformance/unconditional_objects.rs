//! Bytes in an object store that knows no conditions, as some that speak S3.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{
    fmt,
    future::{Ready, ready},
    sync::Arc,
};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    memory::InMemory, path::Path,
};
use tenantry_application::ports::BlobStore;
use tenantry_blob::ObjectBlobStore;
use tenantry_tests::conformance::blob_store::BlobFixture;

use crate::objects::{Objects, context};

tenantry_tests::blob_store_suite!(fixture);

fn fixture() -> Ready<BlobFixture> {
    let objects = Arc::new(Unconditional(InMemory::new()));
    let store = ObjectBlobStore::objects(objects.clone(), context());
    let behind = Box::new(Objects(objects));
    ready(BlobFixture::new(Arc::new(store), behind))
}

#[tokio::test]
async fn what_it_lacks_is_known_after_the_first_write() {
    let objects = Arc::new(Unconditional(InMemory::new()));
    let store = ObjectBlobStore::objects(objects, context());
    store.probe().await.expect("well");
    assert!(!store.capabilities().conditional_write);
}

#[derive(Debug)]
struct Unconditional(InMemory);

impl fmt::Display for Unconditional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unconditional")
    }
}

#[async_trait]
impl ObjectStore for Unconditional {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        if options.mode != PutMode::Overwrite {
            return Err(Error::NotImplemented {
                operation: "a condition".to_owned(),
                implementer: self.to_string(),
            });
        }
        self.0.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.0.get_opts(path, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.0.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.0.copy_opts(from, to, options).await
    }
}
