//! A request body that is written while it is sent.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::sync::{mpsc, oneshot};

/// Bytes, and the acknowledgement that they were sent.
type Chunk = (Bytes, oneshot::Sender<()>);

/// The writing end. Dropping it ends the body.
pub(super) struct PipeWriter(mpsc::Sender<Chunk>);

/// The body.
pub(super) struct PipeBody {
    chunks: mpsc::Receiver<Chunk>,
    /// The acknowledgement of the last chunk.
    acknowledgement: Option<oneshot::Sender<()>>,
}

/// Creates a pipe.
pub(super) fn pipe() -> (PipeWriter, PipeBody) {
    let (sender, receiver) = mpsc::channel(1);
    let body = PipeBody {
        chunks: receiver,
        acknowledgement: None,
    };
    (PipeWriter(sender), body)
}

impl PipeWriter {
    /// Writes a chunk and waits until it is sent. Returns whether it was, rather
    /// than the request having ended early.
    pub(super) async fn write(&self, chunk: Bytes) -> bool {
        let (sender, receiver) = oneshot::channel();
        self.0.send((chunk, sender)).await.is_ok() && receiver.await.is_ok()
    }
}

impl Body for PipeBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        // A poll for the next frame means that the previous one was sent.
        if let Some(sender) = self.acknowledgement.take() {
            // Fails if the writer was dropped.
            let _ = sender.send(());
        }
        let next = ready!(self.chunks.poll_recv(context));
        Poll::Ready(next.map(|(bytes, sender)| {
            self.acknowledgement = Some(sender);
            Ok(Frame::data(bytes))
        }))
    }
}
