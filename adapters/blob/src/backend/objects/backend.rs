//! The backend for object stores.

use std::{
    collections::HashSet,
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, future::ready, stream, stream::BoxStream};
use object_store::{
    GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutPayload, path::Path,
};
use tenantry_application::ports::{
    BlobCapabilities, BlobEntry, BlobStream, PortError, PortErrorKind, PresignAccess,
    PresignedRequest, SweepResult,
};
use tenantry_domain::{Timestamp, blob::Content};

use super::{
    error::{from_store, kind_of},
    service::{MemoryService, Service},
    upload::ObjectUpload,
};
#[cfg(feature = "objects")]
use crate::backend::marker::{MARKER, MARKER_TEXT};
use crate::{
    backend::{deadline::with_deadline, publish::publish},
    contract::{Backend, Prefetch, Upload},
    error::{already_exists, run_blocking},
    hash::ContentHasher,
    name::{BLOBS, ObjectName, PROBES},
    upload_memory::UploadMemory,
};

/// A backend that stores objects in an object store.
#[derive(Clone)]
pub(in crate::backend) struct ObjectBackend {
    store: Arc<dyn ObjectStore>,
    service: Arc<dyn Service>,
    memory: UploadMemory,
    /// Whether the service supports conditional writes, until it rejects one. Not
    /// every S3-compatible server does.
    supports_conditions: Arc<AtomicBool>,
}

impl ObjectBackend {
    /// Creates a backend for a store without a known service.
    pub(super) fn new(store: Arc<dyn ObjectStore>, memory: UploadMemory) -> Self {
        Self::with_service(store, Arc::new(MemoryService), memory)
    }

    /// Creates a backend for a service.
    pub(in crate::backend) fn with_service(
        store: Arc<dyn ObjectStore>,
        service: Arc<dyn Service>,
        memory: UploadMemory,
    ) -> Self {
        Self {
            store,
            service,
            memory,
            supports_conditions: Arc::new(AtomicBool::new(true)),
        }
    }

    /// Writes the marker unless it exists.
    #[cfg(feature = "objects")]
    pub(in crate::backend) async fn write_marker(&self) -> Result<(), PortError> {
        let (path, text) = (Path::from(MARKER), Bytes::from_static(MARKER_TEXT));
        match self.create(&path, text.into()).await {
            Ok(()) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(from_store("write", MARKER)(error)),
        }
    }

    /// Returns whether the marker exists.
    #[cfg(feature = "objects")]
    pub(in crate::backend) async fn has_marker(&self) -> Result<bool, PortError> {
        let meta = self.head(&Path::from(MARKER)).await;
        Ok(meta.map_err(from_store("find", MARKER))?.is_some())
    }

    /// Returns the metadata, or `None` if the object does not exist. Fails if the
    /// whole bucket is missing, which says nothing about the object.
    async fn head(&self, path: &Path) -> object_store::Result<Option<ObjectMeta>> {
        match self.store.head(path).await {
            Err(object_store::Error::NotFound { .. }) => {}
            result => return result.map(Some),
        }
        // Unlike `HEAD`, the response to `GET` distinguishes a missing object from
        // a missing bucket.
        match self.store.get(path).await {
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            result => result.map(|object| Some(object.meta)),
        }
    }

    /// Writes an object unless it exists. Without conditional writes, existence is
    /// checked first, so that two concurrent writers can both succeed.
    async fn create(&self, path: &Path, payload: PutPayload) -> object_store::Result<()> {
        if self.supports_conditions.load(Ordering::Relaxed) {
            let mode = PutMode::Create.into();
            match self.store.put_opts(path, payload.clone(), mode).await {
                Err(error) if kind_of(&error) == PortErrorKind::Unsupported => {
                    self.supports_conditions.store(false, Ordering::Relaxed);
                    tracing::warn!(
                        "the storage does not support conditional writes; \
                         existence is checked before each write instead"
                    );
                }
                result => return result.map(|_| ()),
            }
        }
        if self.head(path).await?.is_some() {
            return Err(object_store::Error::AlreadyExists {
                path: path.to_string(),
                source: "the object exists".into(),
            });
        }
        let mode = PutMode::Overwrite.into();
        self.store.put_opts(path, payload, mode).await.map(|_| ())
    }

    async fn delete_at(&self, path: &Path) -> object_store::Result<()> {
        match self.service.delete(&*self.store, path).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            result => result,
        }
    }
}

#[async_trait]
impl Backend for ObjectBackend {
    async fn put_whole(&self, name: ObjectName, body: Bytes) -> Result<Content, PortError> {
        let bytes = body.clone();
        let content = run_blocking(move || ContentHasher::content_of(&bytes)).await?;
        let (backend, path) = (self.clone(), name.object_path());
        let put = async move {
            match backend.create(&path, body.into()).await {
                Ok(()) => Ok(()),
                Err(object_store::Error::AlreadyExists { .. }) => Err(already_exists(name)),
                Err(error) => Err(from_store("write", name)(error)),
            }
        };
        publish(self, name, put).await?;
        Ok(content)
    }

    async fn begin_upload(&self, name: ObjectName) -> Result<Box<dyn Upload>, PortError> {
        let path = name.object_path();
        let failed = |error| from_store("begin the upload of", name)(error);
        // Completing a multipart upload is not conditional.
        let meta = with_deadline("find", name, async {
            self.head(&path).await.map_err(failed)
        });
        if meta.await?.is_some() {
            return Err(already_exists(name));
        }
        let upload = self.store.put_multipart(&path).await.map_err(failed)?;
        let memory = self.memory.clone();
        Ok(Box::new(ObjectUpload::new(
            self.clone(),
            memory,
            name,
            upload,
        )))
    }

    async fn open(
        &self,
        name: ObjectName,
        range: Range<u64>,
        _prefetch: Prefetch,
    ) -> Result<BlobStream, PortError> {
        let path = name.object_path();
        let options = GetOptions {
            range: Some(GetRange::Bounded(range.clone())),
            ..GetOptions::default()
        };
        let failed = move |error| from_store("read", name)(error);
        with_deadline("read", name, async {
            match self.store.get_opts(&path, options).await {
                Ok(result) => Ok(result.into_stream().map_err(failed).boxed()),
                Err(error) => match self.head(&path).await {
                    // Each store has a different error for a range beyond the end.
                    Ok(Some(meta)) if meta.size <= range.start => Ok(stream::empty().boxed()),
                    _ => Err(failed(error)),
                },
            }
        })
        .await
    }

    async fn size(&self, name: ObjectName) -> Result<Option<u64>, PortError> {
        with_deadline("find", name, async {
            let meta = self.head(&name.object_path()).await;
            Ok(meta
                .map_err(from_store("find", name))?
                .map(|meta| meta.size))
        })
        .await
    }

    async fn delete(&self, name: ObjectName) -> Result<(), PortError> {
        self.delete_at(&name.object_path())
            .await
            .map_err(from_store("delete", name))
    }

    fn list(&self) -> BoxStream<'static, Result<BlobEntry, PortError>> {
        self.store
            .list(Some(&Path::from(BLOBS)))
            .map_err(|error| from_store("list", "blobs")(error))
            .try_filter_map(|meta| ready(Ok(entry(&meta))))
            .boxed()
    }

    async fn sweep(&self, before: Timestamp) -> Result<SweepResult, PortError> {
        let failed = |error| from_store("sweep", "probes")(error);
        let mut probes = self.store.list(Some(&Path::from(PROBES)));
        let mut swept = SweepResult::default();
        while let Some(meta) = probes.try_next().await.map_err(failed)? {
            if modified_at(&meta) <= before {
                self.delete_at(&meta.location).await.map_err(failed)?;
                swept.pieces += 1;
            }
        }
        let Some(uploads) = self.service.multipart_uploads() else {
            return Ok(swept);
        };
        let mut unfinished = HashSet::new();
        for upload in uploads.list(None).await? {
            match upload.name {
                _ if upload.started_at > before => {}
                ObjectName::Blob(key) => {
                    unfinished.insert(key);
                }
                ObjectName::Probe(_) => {
                    uploads.abort(&upload).await?;
                    swept.pieces += 1;
                }
            }
        }
        swept.unfinished = unfinished.into_iter().collect();
        Ok(swept)
    }

    fn lists_unfinished(&self) -> bool {
        self.service.multipart_uploads().is_some()
    }

    async fn abort_unfinished(&self, name: ObjectName) -> Result<u64, PortError> {
        let Some(uploads) = self.service.multipart_uploads() else {
            return Ok(0);
        };
        let mut count = 0;
        for upload in uploads.list(Some(name)).await? {
            uploads.abort(&upload).await?;
            count += 1;
        }
        Ok(count)
    }

    fn capabilities(&self) -> BlobCapabilities {
        let capabilities = self.service.capabilities();
        let supports_conditions = self.supports_conditions.load(Ordering::Relaxed);
        BlobCapabilities {
            conditional_write: capabilities.conditional_write && supports_conditions,
            ..capabilities
        }
    }

    async fn presign(
        &self,
        name: ObjectName,
        access: &PresignAccess,
        lifetime: Duration,
    ) -> Result<PresignedRequest, PortError> {
        let path = name.object_path();
        self.service.presign(&path, access, lifetime).await
    }

    #[cfg(feature = "objects")]
    async fn send_presigned(
        &self,
        request: PresignedRequest,
        body: Bytes,
    ) -> Result<Bytes, PortError> {
        let client = self.service.client().ok_or_else(|| {
            let context = "this storage does not support presigned requests";
            PortError::new(PortErrorKind::Unsupported, context)
        })?;
        client.send_presigned(&request, body).await
    }

    #[cfg(feature = "objects")]
    fn clock_skew(&self) -> Option<Duration> {
        self.service.client()?.clock_skew()
    }
}

/// Returns the entry of a blob, or `None` for foreign objects.
fn entry(meta: &ObjectMeta) -> Option<BlobEntry> {
    Some(BlobEntry {
        key: meta.location.as_ref().parse().ok()?,
        size_bytes: meta.size,
        modified_at: modified_at(meta),
    })
}

fn modified_at(meta: &ObjectMeta) -> Timestamp {
    Timestamp::from_millis(meta.last_modified.timestamp_millis())
}

impl fmt::Debug for ObjectBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectBackend({})", self.store)
    }
}
