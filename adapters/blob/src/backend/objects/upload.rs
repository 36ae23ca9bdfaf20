//! Uploads in parts.

use async_trait::async_trait;
use bytes::Bytes;
use object_store::MultipartUpload;
use tenantry_application::ports::{PortError, PortErrorKind};
use tokio::{runtime::Handle, task::JoinSet};

use super::Objects;
use crate::{
    backend::{
        Upload,
        placed::{Placed, place},
    },
    error::{from_store, is_missing_upload},
    name::ObjectName,
    upload_memory::Part,
};

/// Parts of one upload that are sent at the same time.
const PARTS_UNDER_WAY: usize = 2;

type Sending = JoinSet<object_store::Result<()>>;

/// An upload in parts.
pub(super) struct ObjectUpload {
    objects: Objects,
    name: ObjectName,
    unfinished: Unfinished,
    /// What is gathered for the next part.
    part: Option<Part>,
    sending: Sending,
}

impl ObjectUpload {
    pub(super) fn new(
        objects: Objects,
        name: ObjectName,
        upload: Box<dyn MultipartUpload>,
    ) -> Self {
        let unfinished = Unfinished {
            name,
            upload: Some(upload),
        };
        Self {
            objects,
            name,
            unfinished,
            part: None,
            sending: JoinSet::new(),
        }
    }

    async fn send(&mut self, part: Part) -> Result<(), PortError> {
        while self.sending.len() >= PARTS_UNDER_WAY {
            self.await_part().await?;
        }
        if let Some(upload) = &mut self.unfinished.upload {
            let (bytes, room) = part.into_bytes();
            let sent = upload.put_part(bytes.clone().into());
            self.sending.spawn(async move {
                let sent = sent.await;
                room.give_back(bytes);
                sent
            });
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
    async fn write(&mut self, mut chunk: Bytes) -> Result<(), PortError> {
        while !chunk.is_empty() {
            let mut part = match self.part.take() {
                Some(part) => part,
                None => self.objects.memory.part().await,
            };
            part.take_from(&mut chunk);
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
        while !self.sending.is_empty() {
            self.await_part().await?;
        }
        let Self {
            objects,
            name,
            mut unfinished,
            ..
        } = *self;
        let completing = objects.clone();
        let complete = async move {
            if let Some(upload) = &mut unfinished.upload
                && let Err(error) = upload.complete().await
            {
                // Nothing was there before, and something may be now: the
                // answer may have been lost.
                drop(Placed::new(completing, name));
                return Err(from_store("complete", name)(error));
            }
            unfinished.complete();
            Ok(())
        };
        place(&objects, name, complete).await
    }
}

/// Parts that are no object yet, and go unless they become one.
struct Unfinished {
    name: ObjectName,
    /// Gone once it is complete.
    upload: Option<Box<dyn MultipartUpload>>,
}

impl Unfinished {
    fn complete(mut self) {
        self.upload = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let (Some(mut upload), Ok(runtime)) = (self.upload.take(), Handle::try_current()) {
            let name = self.name;
            runtime.spawn(async move {
                match upload.abort().await.map_err(from_store("abort", name)) {
                    Err(error) if !is_missing_upload(&error) => {
                        let error: &dyn std::error::Error = &error;
                        tracing::warn!(error, blob.name = %name, "cannot abort an upload in parts");
                    }
                    _ => {}
                }
            });
        }
    }
}
