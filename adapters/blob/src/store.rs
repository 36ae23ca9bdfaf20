//! The port on top of a backend.

use std::{fmt, ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{TryStreamExt, stream::BoxStream};
use object_store::ObjectStore;
use tenantry_application::ports::{
    BlobBody, BlobCapabilities, BlobCheck, BlobEntry, BlobKey, BlobStore, BlobStream, Clock,
    IdGenerator, PortError, PortErrorKind, PresignRequest, PresignedRequest, PutError, SweepResult,
};
use tenantry_domain::blob::Content;

use tokio::time::timeout;

use crate::{
    backend::{
        Backend,
        local::{LocalFolder, LocalOptions},
        objects::Objects,
    },
    examine::examine,
    name::ObjectName,
    put::{digest, put},
    read::{read, verify},
    upload_memory::UploadMemory,
};

/// How long a probe may take.
const PROBE: Duration = Duration::from_millis(1900);

/// What stores need of the rest of the service.
#[derive(Clone)]
pub struct StoreContext {
    /// Tells how old leftovers are.
    pub clock: Arc<dyn Clock>,
    /// Names what is not a blob: probes and staging files.
    pub ids: Arc<dyn IdGenerator>,
    /// What uploads may take, here and in every store that is given the same.
    pub upload_memory: UploadMemory,
}

/// Blobs in a backend. Clones are the same store.
#[derive(Clone)]
pub struct ObjectBlobStore {
    backend: Arc<dyn Backend>,
    context: StoreContext,
}

impl ObjectBlobStore {
    /// Blobs in a folder of this machine. Blocks shortly: for the start of
    /// the process. Unavailable where the folder cannot be used, or is missing
    /// and may not be new.
    ///
    /// Several processes may share the folder. Its file system needs locks
    /// and hard links; without either it works with weaker promises (age
    /// alone tells what is left over; two writers of one key can both
    /// succeed).
    pub fn local(options: &LocalOptions, context: StoreContext) -> Result<Self, PortError> {
        let folder = LocalFolder::open(options, Arc::clone(&context.ids))?;
        Ok(Self::new(Arc::new(folder), context))
    }

    /// Blobs in any object store: the way in for services that have no
    /// constructor here.
    pub fn objects(store: Arc<dyn ObjectStore>, context: StoreContext) -> Self {
        let objects = Objects::new(store, context.upload_memory.clone());
        Self::new(Arc::new(objects), context)
    }

    async fn probe_once(&self) -> Result<(), PortError> {
        let name = ObjectName::Probe(self.context.ids.next());
        let body = Bytes::from_static(b"tenantry");
        let content = self.backend.put_whole(name, body.clone()).await?;
        let came_back = async {
            let stream = read(&*self.backend, name, &content, 0..content.size_bytes).await?;
            stream.try_collect::<Vec<_>>().await
        };
        let came_back = came_back.await;
        self.backend.delete(name).await?;
        if came_back?.concat() == body {
            Ok(())
        } else {
            Err(PortError::new(
                PortErrorKind::Corrupt,
                "what was written as a probe was not read again",
            ))
        }
    }

    pub(crate) fn new(backend: Arc<dyn Backend>, context: StoreContext) -> Self {
        Self { backend, context }
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
        read(&*self.backend, ObjectName::Blob(key), content, range).await
    }

    async fn verify(&self, key: BlobKey, content: &Content) -> Result<(), PortError> {
        verify(&*self.backend, ObjectName::Blob(key), content).await
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
        let probed = timeout(PROBE, self.probe_once()).await;
        probed.unwrap_or_else(|elapsed| {
            let context = "the storage does not answer in time";
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
        examine(&*self.backend, &*self.context.ids).await
    }
}

impl fmt::Debug for ObjectBlobStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ObjectBlobStore")
            .field(&self.backend)
            .finish()
    }
}
