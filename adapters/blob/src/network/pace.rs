//! Bodies that are watched for progress.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use object_store::client::{HttpError, HttpErrorKind};
use tokio::time::{Instant, Sleep, sleep};

use super::client::{STALL, body_failure};

/// What is handed to a connection at once: it asks for more when most of it is
/// on its way.
const STEP_BYTES: usize = 128 * 1024;

/// How much of a body was taken. Clones tell of the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress(Arc<Taken>);

#[derive(Debug, Default)]
struct Taken {
    bytes: AtomicU64,
    is_awaited: AtomicBool,
}

impl Progress {
    pub(super) fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// Whether all that there was is taken, and more is to come.
    pub(super) fn is_awaited(&self) -> bool {
        self.0.is_awaited.load(Ordering::Relaxed)
    }
}

/// A body on its way out, handed over in small steps.
pub(super) struct Watched<B> {
    body: B,
    /// What of the last frame was not handed over yet.
    rest: Bytes,
    progress: Progress,
}

impl<B> Watched<B> {
    pub(super) fn new(body: B, progress: Progress) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            progress,
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Watched<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        while self.rest.is_empty() {
            let frame = Pin::new(&mut self.body).poll_frame(context);
            let is_awaited = &self.progress.0.is_awaited;
            is_awaited.store(frame.is_pending(), Ordering::Relaxed);
            match ready!(frame) {
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
                other => return Poll::Ready(other),
            }
        }
        let step = STEP_BYTES.min(self.rest.len());
        let step = self.rest.split_to(step);
        self.progress
            .0
            .bytes
            .fetch_add(step.len() as u64, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(step))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.body.size_hint().exact();
        left.map_or_else(SizeHint::default, |left| {
            SizeHint::with_exact(left + self.rest.len() as u64)
        })
    }
}

/// A body on its way in, which fails when nothing comes for too long. Time in
/// which nobody asks for it does not count.
pub(super) struct Paced {
    body: reqwest::Body,
    patience: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    pub(super) fn new(body: reqwest::Body) -> Self {
        Self {
            body,
            patience: None,
        }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.patience = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(body_failure)));
        }
        let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(STALL)));
        ready!(patience.as_mut().poll(context));
        patience.as_mut().reset(Instant::now() + STALL);
        let stalled = std::io::Error::from(std::io::ErrorKind::TimedOut);
        Poll::Ready(Some(Err(HttpError::new(HttpErrorKind::Timeout, stalled))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
