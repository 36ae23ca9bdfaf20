//! Helpers shared by the suites of blob stores.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectStore, ObjectStoreExt, multipart::MultipartStore, path::Path};
use tenantry_application::ports::{BlobKey, BlobStore, IdGenerator, PutError};
use tenantry_blob::{ObjectBlobStore, ReadMemory, StoreContext, UploadMemory};
use tenantry_crypto::{SystemClock, UuidV7Ids};
use tenantry_domain::{
    blob::Content,
    id::{BlobId, TenantId},
};

/// The object that marks a place as one of blobs.
pub(crate) const MARK: &str = "tenantry";

/// Writes an object, replacing any of that name.
pub(crate) async fn plant(store: &dyn ObjectStore, name: &str, bytes: Vec<u8>) {
    let path = Path::parse(name).expect("a path");
    store.put(&path, bytes.into()).await.expect("written");
}

/// Returns the names of all objects but the mark.
pub(crate) async fn names(store: &dyn ObjectStore) -> Vec<String> {
    let metas: Vec<_> = store.list(None).try_collect().await.expect("listed");
    let names = metas.iter().map(|meta| meta.location.to_string());
    names.filter(|name| name != MARK).collect()
}

/// Starts a multipart upload and leaves it after its first part.
pub(crate) async fn abandon_upload(store: &dyn MultipartStore, name: &str) -> Path {
    let path = Path::parse(name).expect("a path");
    let id = store.create_multipart(&path).await.expect("started");
    let part = Bytes::from_static(b"the first part").into();
    let sent = store.put_part(&path, &id, 0, part).await;
    sent.expect("sent");
    path
}

/// Returns the texts of all XML elements of a name.
pub(crate) fn elements<'x>(xml: &'x str, name: &str) -> Vec<&'x str> {
    let start = format!("<{name}>");
    let texts = xml.split(&start).skip(1);
    texts.filter_map(|rest| rest.split('<').next()).collect()
}

/// Returns the sizes in all XML elements called `Size`.
pub(crate) fn sizes(xml: &str) -> Vec<u64> {
    let sizes = elements(xml, "Size").into_iter();
    sizes.map(|size| size.parse().expect("a size")).collect()
}

/// Returns the context of a store.
pub(crate) fn context() -> StoreContext {
    StoreContext {
        clock: Arc::new(SystemClock),
        ids: Arc::new(UuidV7Ids),
        upload_memory: UploadMemory::new(8 * 1024 * 1024),
        read_memory: ReadMemory::default(),
    }
}

/// Returns an unused key.
pub(crate) fn key() -> BlobKey {
    BlobKey {
        tenant_id: TenantId::from_uuid(UuidV7Ids.next()),
        blob_id: BlobId::from_uuid(UuidV7Ids.next()),
    }
}

/// Stores an object of a size.
pub(crate) async fn put(
    store: &ObjectBlobStore,
    key: BlobKey,
    size: usize,
) -> Result<Content, PutError> {
    let frames = vec![Ok(Bytes::from(vec![7; size]))];
    store.put(key, stream::iter(frames).boxed(), u64::MAX).await
}
