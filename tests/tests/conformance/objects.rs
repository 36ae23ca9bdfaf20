//! What suites on object stores share.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use tenantry_blob::{StoreContext, UploadMemory};
use tenantry_crypto::{SystemClock, UuidV7Ids};
use tenantry_tests::conformance::blob_store::BehindTheStore;

/// The object that says that blobs are kept in a bucket.
pub(crate) const MARK: &str = "tenantry";

/// The way around a store.
pub(crate) struct Objects(pub(crate) Arc<dyn ObjectStore>);

#[async_trait]
impl BehindTheStore for Objects {
    async fn plant(&self, name: &str, bytes: Vec<u8>) {
        let path = Path::parse(name).expect("a path");
        self.0.put(&path, bytes.into()).await.expect("written");
    }

    async fn names(&self) -> Vec<String> {
        let metas: Vec<_> = self.0.list(None).try_collect().await.expect("listed");
        let names = metas.iter().map(|meta| meta.location.to_string());
        names.filter(|name| name != MARK).collect()
    }
}

/// What stores need beside their own settings.
pub(crate) fn context() -> StoreContext {
    StoreContext {
        clock: Arc::new(SystemClock),
        ids: Arc::new(UuidV7Ids),
        upload_memory: UploadMemory::new(8 * 1024 * 1024),
    }
}
