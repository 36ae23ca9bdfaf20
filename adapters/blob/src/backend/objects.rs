//! Objects in anything that `object_store` speaks to.

use std::{fmt, mem, ops::Range, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, future::ready, stream, stream::BoxStream};
use object_store::{
    GetOptions, GetRange, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode,
    PutPayload, path::Path,
};
use tenantry_application::ports::{BlobEntry, BlobStream, PortError, PortErrorKind};
use tenantry_domain::{Timestamp, blob::Content};
use tokio::{runtime::Handle, task::JoinSet};

use super::{Backend, Upload};
use crate::{
    error::{already_there, blocking, from_store},
    hash::ContentHasher,
    name::{BLOBS, ObjectName, PROBES},
};

/// The size of all parts but the last: S3 takes none below 5 MiB and at most
/// 10,000 of an object.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// Parts of one upload that are sent at the same time.
const PARTS_UNDER_WAY: usize = 2;

/// An object store.
#[derive(Clone)]
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
}

impl Objects {
    pub(crate) fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }

    async fn meta(&self, path: &Path) -> object_store::Result<Option<ObjectMeta>> {
        match self.store.head(path).await {
            Ok(meta) => Ok(Some(meta)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Backend for Objects {
    async fn put_whole(&self, name: ObjectName, body: Bytes) -> Result<Content, PortError> {
        let hashed = body.clone();
        let content = blocking(move || ContentHasher::content_of(&hashed)).await?;
        let (path, payload) = (name.object_path(), PutPayload::from_bytes(body));
        let put = self.store.put_opts(&path, payload, PutMode::Create.into());
        match put.await {
            Ok(_) => Ok(content),
            Err(object_store::Error::AlreadyExists { .. }) => Err(already_there(name)),
            Err(error) => Err(from_store("write", name)(error)),
        }
    }

    async fn begin(&self, name: ObjectName) -> Result<Box<dyn Upload>, PortError> {
        let path = name.object_path();
        let failed = |error| from_store("begin", name)(error);
        // Completing an upload of several parts knows no condition.
        if self.meta(&path).await.map_err(failed)?.is_some() {
            return Err(already_there(name));
        }
        let upload = self.store.put_multipart(&path).await.map_err(failed)?;
        Ok(Box::new(ObjectUpload {
            name,
            upload: Some(upload),
            gathered: Vec::new(),
            sending: JoinSet::new(),
        }))
    }

    async fn open(&self, name: ObjectName, range: Range<u64>) -> Result<BlobStream, PortError> {
        let path = name.object_path();
        let options = GetOptions {
            range: Some(GetRange::Bounded(range.clone())),
            ..GetOptions::default()
        };
        let failed = move |error| from_store("read", name)(error);
        match self.store.get_opts(&path, options).await {
            Ok(result) => Ok(result.into_stream().map_err(failed).boxed()),
            Err(error) => match self.meta(&path).await {
                // A range behind the end is an error of its own kind in each
                // store.
                Ok(Some(meta)) if meta.size <= range.start => Ok(stream::empty().boxed()),
                _ => Err(failed(error)),
            },
        }
    }

    async fn size(&self, name: ObjectName) -> Result<Option<u64>, PortError> {
        let meta = self.meta(&name.object_path()).await;
        Ok(meta
            .map_err(from_store("find", name))?
            .map(|meta| meta.size))
    }

    async fn delete(&self, name: ObjectName) -> Result<(), PortError> {
        match self.store.delete(&name.object_path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(from_store("delete", name)(error)),
        }
    }

    fn list(&self) -> BoxStream<'static, Result<BlobEntry, PortError>> {
        self.store
            .list(Some(&Path::from(BLOBS)))
            .map_err(|error| from_store("list", "blobs")(error))
            .try_filter_map(|meta| ready(Ok(entry(&meta))))
            .boxed()
    }

    async fn sweep(&self, before: Timestamp) -> Result<u64, PortError> {
        // Unfinished parts cannot be listed: the store's own rules end them.
        let failed = |error| from_store("sweep", "probes")(error);
        let mut probes = self.store.list(Some(&Path::from(PROBES)));
        let mut swept = 0;
        while let Some(meta) = probes.try_next().await.map_err(failed)? {
            if written(&meta) <= before {
                self.store.delete(&meta.location).await.map_err(failed)?;
                swept += 1;
            }
        }
        Ok(swept)
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

/// An upload in parts.
struct ObjectUpload {
    name: ObjectName,
    /// Gone once it is complete.
    upload: Option<Box<dyn MultipartUpload>>,
    gathered: Vec<Bytes>,
    sending: JoinSet<object_store::Result<()>>,
}

impl ObjectUpload {
    async fn send_part(&mut self) -> Result<(), PortError> {
        while self.sending.len() >= PARTS_UNDER_WAY {
            self.await_part().await?;
        }
        let payload: PutPayload = mem::take(&mut self.gathered).into_iter().collect();
        if let Some(upload) = &mut self.upload {
            self.sending.spawn(upload.put_part(payload));
        }
        Ok(())
    }

    async fn await_part(&mut self) -> Result<(), PortError> {
        match self.sending.join_next().await {
            None => Ok(()),
            Some(Ok(sent)) => sent.map_err(from_store("write", self.name)),
            Some(Err(error)) => {
                let context = format!("a part of {} ended early", self.name);
                Err(PortError::new(PortErrorKind::Unavailable, context).caused_by(error))
            }
        }
    }
}

#[async_trait]
impl Upload for ObjectUpload {
    async fn write(&mut self, chunk: Bytes) -> Result<(), PortError> {
        self.gathered.push(chunk);
        let gathered: usize = self.gathered.iter().map(Bytes::len).sum();
        if gathered >= PART_BYTES {
            self.send_part().await?;
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), PortError> {
        self.send_part().await?;
        while !self.sending.is_empty() {
            self.await_part().await?;
        }
        if let Some(upload) = &mut self.upload {
            let completed = upload.complete().await;
            completed.map_err(from_store("complete", self.name))?;
        }
        self.upload = None;
        Ok(())
    }
}

impl Drop for ObjectUpload {
    fn drop(&mut self) {
        if let (Some(mut upload), Ok(runtime)) = (self.upload.take(), Handle::try_current()) {
            let name = self.name;
            runtime.spawn(async move {
                if let Err(error) = upload.abort().await {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, blob.name = %name, "cannot abort an upload in parts");
                }
            });
        }
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Objects({})", self.store)
    }
}
