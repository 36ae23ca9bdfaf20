//! Blobs on the local disk.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{
    fs,
    future::{Ready, ready},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use futures_util::StreamExt;
use tempfile::TempDir;
use tenantry_application::ports::{BlobKey, BlobStore, IdGenerator, PortErrorKind, PutError};
use tenantry_blob::{LocalOptions, ObjectBlobStore, ReadMemory, StoreContext};
use tenantry_crypto::UuidV7Ids;
use tenantry_tests::conformance::blob_store::{BlobFixture, DirectAccess, UnfinishedEnd};

use crate::objects::{context, key, put};

tenantry_tests::blob_store_suite!(fixture);

struct Folder(TempDir);

impl Folder {
    fn staging(&self) -> PathBuf {
        self.0.path().join("staging")
    }
}

#[async_trait]
impl DirectAccess for Folder {
    async fn plant(&self, name: &str, bytes: Vec<u8>) {
        let path = self.0.path().join(name);
        let parent = path.parent().expect("a folder");
        fs::create_dir_all(parent).expect("created");
        fs::write(path, bytes).expect("written");
    }

    async fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        collect_names(self.0.path(), "", &mut names);
        names
    }

    fn unfinished_end(&self) -> UnfinishedEnd {
        UnfinishedEnd::Removed
    }

    async fn abandon_write(&self, _key: BlobKey) {
        let file = self.staging().join(UuidV7Ids.next().to_string());
        fs::write(file, b"half a body").expect("written");
    }

    async fn unfinished_writes(&self, _key: BlobKey) -> Vec<Vec<u64>> {
        let files = fs::read_dir(self.staging()).expect("read");
        // A file may be placed or removed since its name was read.
        let sizes = files.filter_map(|file| Some(file.ok()?.metadata().ok()?.len()));
        sizes.map(|size| vec![size]).collect()
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
    open_with(root, context())
}

fn open_with(root: &Path, context: StoreContext) -> ObjectBlobStore {
    let options = LocalOptions {
        root: root.to_owned(),
        may_be_new: true,
    };
    ObjectBlobStore::local(&options, context).expect("opened")
}

fn fixture() -> Ready<BlobFixture> {
    let folder = TempDir::new().expect("a folder");
    let store = open(folder.path());
    ready(BlobFixture::new(Arc::new(store), Box::new(Folder(folder))))
}

/// The suite on a store without memory for read-ahead, as when slow clients
/// hold all of it.
mod without_read_memory {
    use super::*;

    tenantry_tests::blob_store_suite!(fixture);

    fn fixture() -> Ready<BlobFixture> {
        let folder = TempDir::new().expect("a folder");
        let read_memory = ReadMemory::new(0);
        let context = StoreContext {
            read_memory,
            ..context()
        };
        let store = open_with(folder.path(), context);
        ready(BlobFixture::new(Arc::new(store), Box::new(Folder(folder))))
    }
}

#[tokio::test]
async fn a_sweep_spares_the_writes_of_other_processes() {
    let folder = TempDir::new().expect("a folder");
    let store = open(folder.path());
    let file = folder.path().join("staging").join("other");
    fs::write(&file, b"half a body").expect("written");
    let other = fs::File::open(&file).expect("opened");
    other.lock().expect("locked");
    let swept = async || store.sweep_staging(Duration::ZERO).await.expect("swept");
    assert_eq!(swept().await.pieces, 0);
    drop(other);
    assert_eq!(swept().await.pieces, 1);
    assert!(!file.exists());
}

#[tokio::test]
async fn a_missing_disk_is_not_an_empty_disk() {
    let folder = TempDir::new().expect("a folder");
    let root = folder.path().join("disk");
    let store = open(&root);
    let key = key();
    let content = put(&store, key, 10).await.expect("stored");
    let away = folder.path().join("away");
    fs::rename(&root, &away).expect("unmounted");
    // Without a mount point, and with an empty one.
    for exists in [false, true] {
        if exists {
            fs::create_dir(&root).expect("created");
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
            let failed = put(&store, crate::objects::key(), size).await;
            assert!(matches!(failed, Err(PutError::Store(e)) if Some(e.kind) == unavailable));
        }
    }
    fs::remove_dir(&root).expect("an empty mount point");
    fs::rename(&away, &root).expect("mounted");
    assert_eq!(store.size(key).await.expect("found"), Some(10));
    let stored = put(&store, crate::objects::key(), 3_000_000).await;
    stored.expect("stored");
}

#[tokio::test]
async fn a_reopened_store_has_its_objects() {
    let folder = TempDir::new().expect("a folder");
    let key = key();
    let content = put(&open(folder.path()), key, 10).await.expect("stored");
    let store = open(folder.path());
    store.verify(key, &content).await.expect("intact");
}
