//! Multipart uploads.

use async_trait::async_trait;
use bytes::Bytes;
use object_store::MultipartUpload;
use tenantry_application::ports::{PortError, PortErrorKind};
use tokio::{runtime::Handle, task::JoinSet};

use super::error::{from_store, is_missing_upload};
use crate::{
    backend::publish::{ObjectGuard, publish},
    contract::{Backend, Upload},
    name::ObjectName,
    upload_memory::{Part, UploadMemory},
};

/// The maximum number of concurrent part requests of one upload.
const CONCURRENT_PARTS: usize = 2;

/// A multipart upload.
pub(super) struct ObjectUpload<B> {
    backend: B,
    memory: UploadMemory,
    name: ObjectName,
    guard: UploadGuard,
    /// The part that is being filled.
    part: Option<Part>,
    requests: JoinSet<object_store::Result<()>>,
}

impl<B> ObjectUpload<B> {
    pub(super) fn new(
        backend: B,
        memory: UploadMemory,
        name: ObjectName,
        upload: Box<dyn MultipartUpload>,
    ) -> Self {
        let guard = UploadGuard {
            name,
            upload: Some(upload),
        };
        Self {
            backend,
            memory,
            name,
            guard,
            part: None,
            requests: JoinSet::new(),
        }
    }

    async fn send(&mut self, part: Part) -> Result<(), PortError> {
        while self.requests.len() >= CONCURRENT_PARTS {
            self.wait_for_part().await?;
        }
        if let Some(upload) = &mut self.guard.upload {
            let (bytes, memory) = part.into_bytes();
            let request = upload.put_part(bytes.clone().into());
            self.requests.spawn(async move {
                let result = request.await;
                memory.recycle(bytes);
                result
            });
        }
        Ok(())
    }

    async fn wait_for_part(&mut self) -> Result<(), PortError> {
        match self.requests.join_next().await {
            None => Ok(()),
            Some(Ok(result)) => result.map_err(from_store("write", self.name)),
            Some(Err(error)) => {
                let context = format!("a part of {} was not sent", self.name);
                Err(PortError::new(PortErrorKind::Unavailable, context).caused_by(error))
            }
        }
    }
}

#[async_trait]
impl<B: Backend + Clone + 'static> Upload for ObjectUpload<B> {
    async fn write(&mut self, mut chunk: Bytes) -> Result<(), PortError> {
        while !chunk.is_empty() {
            let mut part = match self.part.take() {
                Some(part) => part,
                None => self.memory.part().await,
            };
            part.fill_from(&mut chunk);
            if part.is_full() {
                self.send(part).await?;
            } else {
                self.part = Some(part);
            }
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<(), PortError> {
        if let Some(part) = self.part.take() {
            self.send(part).await?;
        }
        while !self.requests.is_empty() {
            self.wait_for_part().await?;
        }
        let Self {
            backend,
            name,
            mut guard,
            ..
        } = *self;
        let owner = backend.clone();
        let complete = async move {
            if let Some(upload) = &mut guard.upload
                && let Err(error) = upload.complete().await
            {
                // The object did not exist before, but may exist now if only the
                // response was lost.
                drop(ObjectGuard::new(owner, name));
                return Err(from_store("complete", name)(error));
            }
            guard.disarm();
            Ok(())
        };
        publish(&backend, name, complete).await
    }
}

/// An upload that is aborted on drop unless completed.
struct UploadGuard {
    name: ObjectName,
    /// `None` once completed.
    upload: Option<Box<dyn MultipartUpload>>,
}

impl UploadGuard {
    fn disarm(mut self) {
        self.upload = None;
    }
}

impl Drop for UploadGuard {
    fn drop(&mut self) {
        if let (Some(mut upload), Ok(runtime)) = (self.upload.take(), Handle::try_current()) {
            let name = self.name;
            runtime.spawn(async move {
                match upload.abort().await.map_err(from_store("abort", name)) {
                    Err(error) if !is_missing_upload(&error) => {
                        let error: &dyn std::error::Error = &error;
                        tracing::warn!(error, blob.name = %name, "cannot abort a multipart upload");
                    }
                    _ => {}
                }
            });
        }
    }
}
