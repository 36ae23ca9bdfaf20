//! Bytes on the local disk.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{
    fs,
    future::{Ready, ready},
    path::Path,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tempfile::TempDir;
use tenantry_application::ports::{BlobKey, BlobStore, IdGenerator, PortErrorKind, PutError};
use tenantry_blob::{LocalOptions, ObjectBlobStore, StoreContext, UploadMemory};
use tenantry_crypto::{SystemClock, UuidV7Ids};
use tenantry_domain::{
    blob::Content,
    id::{BlobId, TenantId},
};
use tenantry_tests::conformance::blob_store::{BehindTheStore, BlobFixture};

tenantry_tests::blob_store_suite!(fixture);

struct Folder(TempDir);

#[async_trait]
impl BehindTheStore for Folder {
    async fn plant(&self, name: &str, bytes: Vec<u8>) {
        let path = self.0.path().join(name);
        let parent = path.parent().expect("a folder");
        fs::create_dir_all(parent).expect("made");
        fs::write(path, bytes).expect("written");
    }

    async fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        collect_names(self.0.path(), "", &mut names);
        names
    }
}

fn collect_names(folder: &Path, prefix: &str, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("read") {
        let entry = entry.expect("read");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect_names(&entry.path(), &format!("{name}/"), names);
        } else {
            names.push(name);
        }
    }
}

fn open(root: &Path) -> ObjectBlobStore {
    let options = LocalOptions {
        root: root.to_owned(),
        may_be_new: true,
    };
    let context = StoreContext {
        clock: Arc::new(SystemClock),
        ids: Arc::new(UuidV7Ids),
        upload_memory: UploadMemory::new(8 * 1024 * 1024),
    };
    ObjectBlobStore::local(&options, context).expect("opened")
}

fn fixture() -> Ready<BlobFixture> {
    let folder = TempDir::new().expect("a folder");
    let store = open(folder.path());
    ready(BlobFixture::new(Arc::new(store), Box::new(Folder(folder))))
}

fn key() -> BlobKey {
    BlobKey {
        tenant_id: TenantId::from_uuid(UuidV7Ids.next()),
        blob_id: BlobId::from_uuid(UuidV7Ids.next()),
    }
}

async fn put(store: &ObjectBlobStore, key: BlobKey, size: usize) -> Result<Content, PutError> {
    let frames = vec![Ok(Bytes::from(vec![7; size]))];
    store.put(key, stream::iter(frames).boxed(), u64::MAX).await
}

#[tokio::test]
async fn what_a_kill_leaves_is_swept() {
    let folder = TempDir::new().expect("a folder");
    let store = open(folder.path());
    let left = folder.path().join("staging").join("left");
    fs::write(&left, b"half a body").expect("written");
    let hour = Duration::from_hours(1);
    let swept = async |age| store.sweep_staging(age).await.expect("swept").pieces;
    assert_eq!(swept(hour).await, 0);
    // Another process that still writes holds its lock.
    let held = fs::File::open(&left).expect("opened");
    held.lock().expect("locked");
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(swept(Duration::ZERO).await, 0);
    drop(held);
    assert_eq!(swept(Duration::ZERO).await, 1);
    assert!(!left.exists());
}

#[tokio::test]
async fn a_lost_disk_is_no_empty_disk() {
    let folder = TempDir::new().expect("a folder");
    let root = folder.path().join("disk");
    let store = open(&root);
    let key = key();
    let content = put(&store, key, 10).await.expect("stored");
    let away = folder.path().join("away");
    fs::rename(&root, &away).expect("unmounted");
    // With the mount point gone, and with it empty.
    for is_there in [false, true] {
        if is_there {
            fs::create_dir(&root).expect("made");
        }
        let unavailable = Some(PortErrorKind::Unavailable);
        assert_eq!(store.size(key).await.err().map(|e| e.kind), unavailable);
        assert_eq!(store.delete(key).await.err().map(|e| e.kind), unavailable);
        let read = store.read(key, &content, 0..10).await;
        assert_eq!(read.err().map(|e| e.kind), unavailable);
        let listed = store.list().next().await.and_then(Result::err);
        assert_eq!(listed.map(|e| e.kind), unavailable);
        assert_eq!(store.probe().await.err().map(|e| e.kind), unavailable);
        for size in [10, 3_000_000] {
            let refused = put(&store, self::key(), size).await;
            assert!(matches!(refused, Err(PutError::Store(e)) if Some(e.kind) == unavailable));
        }
    }
    fs::remove_dir(&root).expect("nothing was written to the mount point");
    fs::rename(&away, &root).expect("mounted");
    assert_eq!(store.size(key).await.expect("found"), Some(10));
    put(&store, self::key(), 3_000_000).await.expect("stored");
}

#[tokio::test]
async fn a_store_opened_again_has_what_it_had() {
    let folder = TempDir::new().expect("a folder");
    let key = key();
    let content = put(&open(folder.path()), key, 10).await.expect("stored");
    let store = open(folder.path());
    store.verify(key, &content).await.expect("unharmed");
}
