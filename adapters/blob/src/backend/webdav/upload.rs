//! The upload of a large object.

use async_trait::async_trait;
use bytes::Bytes;
use tenantry_application::ports::{PortError, PortErrorKind};
use tokio::task::JoinHandle;

use super::{
    pipe::{PipeWriter, pipe},
    staging::StagingObject,
};
use crate::{
    backend::publish::publish,
    contract::{Backend, Upload},
    name::ObjectName,
};

/// An upload that sends its bytes in a single streamed request.
pub(super) struct WebdavUpload<B> {
    backend: B,
    name: ObjectName,
    sent_bytes: u64,
    pipe: PipeWriter,
    /// Ends with the response. Dropping the upload ends the body; the server
    /// responds, and the staging object is deleted.
    request: JoinHandle<Result<StagingObject, PortError>>,
}

impl<B> WebdavUpload<B> {
    /// Sends the request that writes `object`.
    pub(super) fn begin(backend: B, name: ObjectName, object: StagingObject) -> Self {
        let (pipe, body) = pipe();
        let request = tokio::spawn(async move {
            object.write_streamed(body).await?;
            Ok(object)
        });
        Self {
            backend,
            name,
            sent_bytes: 0,
            pipe,
            request,
        }
    }
}

#[async_trait]
impl<B: Backend + Clone + 'static> Upload for WebdavUpload<B> {
    async fn write(&mut self, chunk: Bytes) -> Result<(), PortError> {
        if chunk.is_empty() {
            return Ok(());
        }
        self.sent_bytes += chunk.len() as u64;
        if self.pipe.write(chunk).await {
            return Ok(());
        }
        // The request ended before its body; usually its response has the reason.
        let name = self.name;
        response(name, &mut self.request).await?;
        let context = format!("cannot write {name}: the server responded before the body ended");
        Err(PortError::new(PortErrorKind::Unavailable, context))
    }

    async fn finish(self: Box<Self>) -> Result<(), PortError> {
        let Self {
            backend,
            name,
            sent_bytes,
            pipe,
            mut request,
        } = *self;
        drop(pipe);
        let object = response(name, &mut request).await?;
        publish(&backend, name, object.publish(name, sent_bytes)).await
    }
}

async fn response(
    name: ObjectName,
    request: &mut JoinHandle<Result<StagingObject, PortError>>,
) -> Result<StagingObject, PortError> {
    request.await.unwrap_or_else(|error| {
        let context = format!("the write of {name} did not finish");
        Err(PortError::new(PortErrorKind::Unavailable, context).caused_by(error))
    })
}
