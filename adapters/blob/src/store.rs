//! The port, implemented on top of any backend.

use std::{fmt, ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{TryStreamExt, stream::BoxStream};
use tenantry_application::ports::{
    BlobBody, BlobCapabilities, BlobCheck, BlobEntry, BlobKey, BlobStore, BlobStream, Clock,
    IdGenerator, PortError, PortErrorKind, PresignRequest, PresignedRequest, PutError, SweepResult,
};
use tenantry_domain::blob::Content;
use tokio::time::timeout;

use crate::{
    contract::Backend,
    examine::examine,
    name::ObjectName,
    put::{digest, put},
    read::ObjectReader,
    read_memory::ReadMemory,
    upload_memory::UploadMemory,
};

/// The time limit of a probe.
const PROBE_TIMEOUT: Duration = Duration::from_millis(1900);

/// The dependencies of a store.
#[derive(Clone)]
pub struct StoreContext {
    /// The clock that determines the age of leftovers.
    pub clock: Arc<dyn Clock>,
    /// The generator of names for probes and staging files.
    pub ids: Arc<dyn IdGenerator>,
    /// The memory of uploads, shared by all stores with the same value.
    pub upload_memory: UploadMemory,
    /// The memory of reads, shared by all stores with the same value.
    pub read_memory: ReadMemory,
}

/// A blob store on top of a backend. Clones share the backend.
#[derive(Clone)]
pub struct ObjectBlobStore {
    backend: Arc<dyn Backend>,
    context: StoreContext,
}

impl ObjectBlobStore {
    pub(crate) fn new(backend: Arc<dyn Backend>, context: StoreContext) -> Self {
        Self { backend, context }
    }

    fn reader(&self) -> ObjectReader {
        ObjectReader {
            backend: Arc::clone(&self.backend),
            memory: self.context.read_memory.clone(),
        }
    }

    async fn probe_backend(&self) -> Result<(), PortError> {
        let name = ObjectName::Probe(self.context.ids.next());
        let body = Bytes::from_static(b"tenantry");
        let content = self.backend.put_whole(name, body.clone()).await?;
        let read = async {
            let stream = self
                .reader()
                .read(name, &content, 0..content.size_bytes)
                .await?;
            stream.try_collect::<Vec<_>>().await
        };
        let bytes = read.await;
        self.backend.delete(name).await?;
        if bytes?.concat() == body {
            Ok(())
        } else {
            Err(PortError::new(
                PortErrorKind::Corrupt,
                "the storage probe failed: the bytes read differ from those written",
            ))
        }
    }
}

#[async_trait]
impl BlobStore for ObjectBlobStore {
    async fn put(&self, key: BlobKey, body: BlobBody, limit: u64) -> Result<Content, PutError> {
        let memory = &self.context.upload_memory;
        put(&*self.backend, memory, ObjectName::Blob(key), body, limit).await
    }

    async fn digest(&self, body: BlobBody, limit: u64) -> Result<Content, PutError> {
        digest(&self.context.upload_memory, body, limit).await
    }

    async fn read(
        &self,
        key: BlobKey,
        content: &Content,
        range: Range<u64>,
    ) -> Result<BlobStream, PortError> {
        self.reader()
            .read(ObjectName::Blob(key), content, range)
            .await
    }

    async fn verify(&self, key: BlobKey, content: &Content) -> Result<(), PortError> {
        self.reader().verify(ObjectName::Blob(key), content).await
    }

    async fn size(&self, key: BlobKey) -> Result<Option<u64>, PortError> {
        self.backend.size(ObjectName::Blob(key)).await
    }

    async fn delete(&self, key: BlobKey) -> Result<(), PortError> {
        self.backend.delete(ObjectName::Blob(key)).await
    }

    fn list(&self) -> BoxStream<'static, Result<BlobEntry, PortError>> {
        self.backend.list()
    }

    async fn sweep_staging(&self, age: Duration) -> Result<SweepResult, PortError> {
        let before = self.context.clock.now().minus(age);
        self.backend.sweep(before).await
    }

    async fn abort_unfinished(&self, key: BlobKey) -> Result<u64, PortError> {
        self.backend.abort_unfinished(ObjectName::Blob(key)).await
    }

    async fn probe(&self) -> Result<(), PortError> {
        let result = timeout(PROBE_TIMEOUT, self.probe_backend()).await;
        result.unwrap_or_else(|elapsed| {
            let context = "the storage did not respond in time";
            Err(PortError::new(PortErrorKind::Unavailable, context).caused_by(elapsed))
        })
    }

    fn capabilities(&self) -> BlobCapabilities {
        self.backend.capabilities()
    }

    async fn presign(&self, request: &PresignRequest) -> Result<PresignedRequest, PortError> {
        let name = ObjectName::Blob(request.key);
        let lifetime = request.lifetime();
        self.backend.presign(name, &request.access, lifetime).await
    }

    async fn examine(&self) -> Vec<BlobCheck> {
        examine(&self.reader(), &*self.context.ids).await
    }
}

impl fmt::Debug for ObjectBlobStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ObjectBlobStore")
            .field(&self.backend)
            .finish()
    }
}
