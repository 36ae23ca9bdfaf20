//! Objects in anything that `object_store` speaks to.

mod service;
mod upload;

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
use tokio::time::timeout;

pub(crate) use self::service::Service;
#[cfg(feature = "s3")]
pub(crate) use self::service::{OpenUpload, Uploads};
use self::{service::Plain, upload::ObjectUpload};
use super::{Backend, Upload, placed::place};
#[cfg(feature = "objects")]
use crate::name::{MARK, MARK_TEXT};
use crate::{
    error::{already_there, blocking, from_store, kind_of},
    hash::ContentHasher,
    name::{BLOBS, ObjectName, PROBES},
    upload_memory::UploadMemory,
};

/// How long a short question may take, tries included: somebody waits for the
/// first byte.
const PROMPT: Duration = Duration::from_millis(1900);

/// An object store.
#[derive(Clone)]
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
    service: Arc<dyn Service>,
    memory: UploadMemory,
    /// Whether the service refuses by itself to replace an object, as far as
    /// is known. Not all that speak S3 do.
    has_conditions: Arc<AtomicBool>,
}

impl Objects {
    /// Of a store of which no more is known.
    pub(crate) fn new(store: Arc<dyn ObjectStore>, memory: UploadMemory) -> Self {
        Self::of(store, Arc::new(Plain), memory)
    }

    /// Of a service.
    pub(crate) fn of(
        store: Arc<dyn ObjectStore>,
        service: Arc<dyn Service>,
        memory: UploadMemory,
    ) -> Self {
        Self {
            store,
            service,
            memory,
            has_conditions: Arc::new(AtomicBool::new(true)),
        }
    }

    /// Says that blobs are kept here; once is enough.
    #[cfg(feature = "objects")]
    pub(crate) async fn mark(&self) -> Result<(), PortError> {
        let (path, text) = (Path::from(MARK), Bytes::from_static(MARK_TEXT));
        match self.create(&path, text.into()).await {
            Ok(()) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(from_store("write", MARK)(error)),
        }
    }

    /// Whether blobs were ever kept here.
    #[cfg(feature = "objects")]
    pub(crate) async fn is_marked(&self) -> Result<bool, PortError> {
        let meta = self.meta(&Path::from(MARK)).await;
        Ok(meta.map_err(from_store("find", MARK))?.is_some())
    }

    /// `None` where there is no such object. A store that has lost the whole
    /// bucket fails instead: nothing may be concluded from that.
    async fn meta(&self, path: &Path) -> object_store::Result<Option<ObjectMeta>> {
        match self.store.head(path).await {
            Err(object_store::Error::NotFound { .. }) => {}
            found => return found.map(Some),
        }
        // That answer cannot say what it is that was not found. This one can.
        match self.store.get(path).await {
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            found => found.map(|found| Some(found.meta)),
        }
    }

    /// Writes an object where none is. A service that knows no conditions is
    /// asked first, which leaves a moment for two writers of one key.
    async fn create(&self, path: &Path, payload: PutPayload) -> object_store::Result<()> {
        if self.has_conditions.load(Ordering::Relaxed) {
            let mode = PutMode::Create.into();
            match self.store.put_opts(path, payload.clone(), mode).await {
                Err(error) if kind_of(&error) == PortErrorKind::Unsupported => {
                    self.has_conditions.store(false, Ordering::Relaxed);
                    tracing::warn!("the storage cannot refuse to replace an object");
                }
                put => return put.map(|_| ()),
            }
        }
        if self.meta(path).await?.is_some() {
            return Err(object_store::Error::AlreadyExists {
                path: path.to_string(),
                source: "it was found".into(),
            });
        }
        let mode = PutMode::Overwrite.into();
        self.store.put_opts(path, payload, mode).await.map(|_| ())
    }

    async fn delete_at(&self, path: &Path) -> object_store::Result<()> {
        match self.service.delete(&*self.store, path).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            deleted => deleted,
        }
    }
}

/// Ends what takes too long.
pub(super) async fn promptly<T>(
    doing: &str,
    name: ObjectName,
    step: impl Future<Output = Result<T, PortError>>,
) -> Result<T, PortError> {
    timeout(PROMPT, step).await.unwrap_or_else(|elapsed| {
        let context = format!("cannot {doing} {name}: the service does not answer in time");
        Err(PortError::new(PortErrorKind::Unavailable, context).caused_by(elapsed))
    })
}

#[async_trait]
impl Backend for Objects {
    async fn put_whole(&self, name: ObjectName, body: Bytes) -> Result<Content, PortError> {
        let hashed = body.clone();
        let content = blocking(move || ContentHasher::content_of(&hashed)).await?;
        let (objects, path) = (self.clone(), name.object_path());
        let put = async move {
            match objects.create(&path, body.into()).await {
                Ok(()) => Ok(()),
                Err(object_store::Error::AlreadyExists { .. }) => Err(already_there(name)),
                Err(error) => Err(from_store("write", name)(error)),
            }
        };
        place(self, name, put).await?;
        Ok(content)
    }

    async fn begin(&self, name: ObjectName) -> Result<Box<dyn Upload>, PortError> {
        let path = name.object_path();
        let failed = |error| from_store("begin", name)(error);
        // Completing an upload of several parts knows no condition.
        let meta = promptly("find", name, async {
            self.meta(&path).await.map_err(failed)
        });
        if meta.await?.is_some() {
            return Err(already_there(name));
        }
        let upload = self.store.put_multipart(&path).await.map_err(failed)?;
        Ok(Box::new(ObjectUpload::new(self.clone(), name, upload)))
    }

    async fn open(&self, name: ObjectName, range: Range<u64>) -> Result<BlobStream, PortError> {
        let path = name.object_path();
        let options = GetOptions {
            range: Some(GetRange::Bounded(range.clone())),
            ..GetOptions::default()
        };
        let failed = move |error| from_store("read", name)(error);
        promptly("read", name, async {
            match self.store.get_opts(&path, options).await {
                Ok(result) => Ok(result.into_stream().map_err(failed).boxed()),
                Err(error) => match self.meta(&path).await {
                    // A range behind the end is an error of its own kind in
                    // each store.
                    Ok(Some(meta)) if meta.size <= range.start => Ok(stream::empty().boxed()),
                    _ => Err(failed(error)),
                },
            }
        })
        .await
    }

    async fn size(&self, name: ObjectName) -> Result<Option<u64>, PortError> {
        promptly("find", name, async {
            let meta = self.meta(&name.object_path()).await;
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
            if written(&meta) <= before {
                self.delete_at(&meta.location).await.map_err(failed)?;
                swept.pieces += 1;
            }
        }
        let Some(uploads) = self.service.uploads() else {
            return Ok(swept);
        };
        let mut unfinished = HashSet::new();
        for upload in uploads.list(None).await? {
            match upload.name {
                _ if upload.begun_at > before => {}
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

    fn shows_unfinished(&self) -> bool {
        self.service.uploads().is_some()
    }

    async fn abort_unfinished(&self, name: ObjectName) -> Result<u64, PortError> {
        let Some(uploads) = self.service.uploads() else {
            return Ok(0);
        };
        let mut ended = 0;
        for upload in uploads.list(Some(name)).await? {
            uploads.abort(&upload).await?;
            ended += 1;
        }
        Ok(ended)
    }

    fn capabilities(&self) -> BlobCapabilities {
        let declared = self.service.capabilities();
        let has_conditions = self.has_conditions.load(Ordering::Relaxed);
        BlobCapabilities {
            conditional_write: declared.conditional_write && has_conditions,
            ..declared
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

    async fn follow(&self, request: PresignedRequest, body: Bytes) -> Result<Bytes, PortError> {
        self.service.follow(request, body).await
    }

    fn clock_difference(&self) -> Option<Duration> {
        self.service.clock_difference()
    }
}

/// `None` for foreign objects.
fn entry(meta: &ObjectMeta) -> Option<BlobEntry> {
    Some(BlobEntry {
        key: meta.location.as_ref().parse().ok()?,
        size_bytes: meta.size,
        modified_at: written(meta),
    })
}

fn written(meta: &ObjectMeta) -> Timestamp {
    Timestamp::from_millis(meta.last_modified.timestamp_millis())
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Objects({})", self.store)
    }
}
