//! An in-memory object store, with or without conditional writes, that records
//! its unfinished uploads.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    Result, UploadPart, memory::InMemory, path::Path,
};
use tenantry_application::ports::{BlobKey, IdGenerator};
use tenantry_blob::{ObjectBlobStore, ReadMemory, StoreContext};
use tenantry_crypto::UuidV7Ids;
use tenantry_tests::conformance::blob_store::{BlobFixture, DirectAccess, UnfinishedEnd};
use tokio::time::sleep;
use uuid::Uuid;

use crate::objects::{context, names, plant};

/// The latency of an unconditional write, within which others can check for
/// the same object.
const LATENCY: Duration = Duration::from_millis(1);

/// Objects in memory. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct MemoryObjects {
    objects: Arc<InMemory>,
    has_conditions: bool,
    unfinished: Unfinished,
}

impl MemoryObjects {
    /// Creates a store that supports conditional writes.
    pub(crate) fn conditional() -> Self {
        Self {
            objects: Arc::default(),
            has_conditions: true,
            unfinished: Unfinished::default(),
        }
    }

    /// Creates a store without conditional writes, as some that speak S3.
    pub(crate) fn unconditional() -> Self {
        Self {
            has_conditions: false,
            ..Self::conditional()
        }
    }

    /// Opens a blob store on these objects.
    pub(crate) fn open(&self) -> ObjectBlobStore {
        ObjectBlobStore::objects(Arc::new(self.clone()), context())
    }

    /// Opens a blob store on these objects without memory for read-ahead.
    pub(crate) fn open_without_read_memory(&self) -> ObjectBlobStore {
        let context = StoreContext {
            read_memory: ReadMemory::new(0),
            ..context()
        };
        ObjectBlobStore::objects(Arc::new(self.clone()), context)
    }

    /// Creates the fixture of a blob store on these objects.
    pub(crate) fn fixture(self) -> BlobFixture {
        BlobFixture::new(Arc::new(self.open()), Box::new(self))
    }
}

/// The unfinished uploads. Clones share them.
#[derive(Debug, Clone, Default)]
struct Unfinished(Arc<Mutex<HashMap<Uuid, Parts>>>);

#[derive(Debug)]
struct Parts {
    path: Path,
    sizes: Vec<u64>,
}

impl Unfinished {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Parts>> {
        self.0.lock().expect("no panic")
    }
}

#[derive(Debug)]
struct RecordedUpload {
    id: Uuid,
    upload: Box<dyn MultipartUpload>,
    unfinished: Unfinished,
}

#[async_trait]
impl MultipartUpload for RecordedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (id, unfinished) = (self.id, self.unfinished.clone());
        let size = data.content_length() as u64;
        let sent = self.upload.put_part(data);
        Box::pin(async move {
            sent.await?;
            if let Some(parts) = unfinished.lock().get_mut(&id) {
                parts.sizes.push(size);
            }
            Ok(())
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let completed = self.upload.complete().await?;
        self.unfinished.lock().remove(&self.id);
        Ok(completed)
    }

    async fn abort(&mut self) -> Result<()> {
        self.unfinished.lock().remove(&self.id);
        self.upload.abort().await
    }
}

#[async_trait]
impl DirectAccess for MemoryObjects {
    async fn plant(&self, name: &str, bytes: Vec<u8>) {
        plant(self, name, bytes).await;
    }

    async fn names(&self) -> Vec<String> {
        names(self).await
    }

    fn unfinished_end(&self) -> UnfinishedEnd {
        UnfinishedEnd::Kept
    }

    async fn abandon_write(&self, key: BlobKey) {
        let path = Path::parse(key.to_string()).expect("a path");
        let mut upload = self.put_multipart(&path).await.expect("started");
        let part = upload.put_part("the first part".into());
        part.await.expect("sent");
    }

    async fn unfinished_writes(&self, key: BlobKey) -> Vec<Vec<u64>> {
        let unfinished = self.unfinished.lock();
        let writes = unfinished.values();
        writes
            .filter(|parts| parts.path.as_ref() == key.to_string())
            .map(|parts| parts.sizes.clone())
            .collect()
    }
}

impl fmt::Display for MemoryObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryObjects")
    }
}

#[async_trait]
impl ObjectStore for MemoryObjects {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        if options.mode == PutMode::Overwrite {
            sleep(LATENCY).await;
        } else if !self.has_conditions {
            return Err(Error::NotImplemented {
                operation: "a conditional write".to_owned(),
                implementer: self.to_string(),
            });
        }
        self.objects.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let upload = self.objects.put_multipart_opts(path, options).await?;
        let id = UuidV7Ids.next();
        let parts = Parts {
            path: path.clone(),
            sizes: Vec::new(),
        };
        self.unfinished.lock().insert(id, parts);
        Ok(Box::new(RecordedUpload {
            id,
            upload,
            unfinished: self.unfinished.clone(),
        }))
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.objects.get_opts(path, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.objects.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.objects.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.objects.copy_opts(from, to, options).await
    }
}
