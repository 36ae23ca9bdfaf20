//! Puts whose bodies are sent section by section.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tenantry_application::ports::{BlobKey, PutError};
use tenantry_domain::blob::Content;
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use super::{ANY_SIZE, BlobFixture, MIB};
use crate::harness::until;

/// Enough bytes that every store has written some: more than a part.
pub(super) const OPEN_BYTES: usize = 10 * MIB;
const FRAME_BYTES: usize = 64 * 1024;

/// A put whose body has not ended.
pub(super) struct OpenPut {
    frames: UnboundedSender<Bytes>,
    outcome: JoinHandle<Result<Content, PutError>>,
}

impl OpenPut {
    /// Appends bytes to the body.
    pub(super) fn send(&self, mut bytes: Bytes) {
        while !bytes.is_empty() {
            let frame = bytes.split_to(FRAME_BYTES.min(bytes.len()));
            self.frames.send(frame).expect("a put in progress");
        }
    }

    /// Ends the body; returns the outcome of the put.
    pub(super) async fn finish(self) -> Result<Content, PutError> {
        drop(self.frames);
        self.outcome.await.expect("no panic")
    }
}

impl BlobFixture {
    /// Starts a put whose body is empty so far.
    pub(super) fn start_put(&self, key: BlobKey) -> OpenPut {
        let (frames, mut received) = unbounded_channel();
        let body = stream::poll_fn(move |context| received.poll_recv(context)).map(Ok);
        let store = Arc::clone(&self.store);
        let outcome = tokio::spawn(async move { store.put(key, body.boxed(), ANY_SIZE).await });
        OpenPut { frames, outcome }
    }

    /// Starts a put, and waits until the storage holds part of its body.
    pub(super) async fn open_put(&self, key: BlobKey, bytes: Bytes) -> OpenPut {
        let put = self.start_put(key);
        put.send(bytes);
        until("part of the body has arrived", async || {
            (self.unfinished_bytes(key).await > 0).then_some(())
        })
        .await;
        put
    }

    /// Returns the number of bytes in the unfinished writes of a key.
    pub(super) async fn unfinished_bytes(&self, key: BlobKey) -> usize {
        let writes = self.direct.unfinished_writes(key).await;
        let bytes: u64 = writes.iter().flatten().sum();
        usize::try_from(bytes).expect("a size in memory")
    }
}
