//! Bodies with progress and stall detection.

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

use super::limits::STALL_TIMEOUT;

/// The maximum frame size. The connection requests the next frame when most of
/// the previous one is sent, so that small frames show progress.
const FRAME_BYTES: usize = 128 * 1024;

/// The progress of sending a body. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct UploadProgress(Arc<State>);

#[derive(Debug, Default)]
struct State {
    bytes: AtomicU64,
    is_waiting_for_data: AtomicBool,
}

impl UploadProgress {
    /// Returns the number of bytes accepted by the connection.
    pub(super) fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// Returns whether the connection has accepted all available bytes.
    pub(super) fn is_waiting_for_data(&self) -> bool {
        self.0.is_waiting_for_data.load(Ordering::Relaxed)
    }
}

/// A request body that reports progress.
pub(super) struct ProgressBody<B> {
    body: B,
    /// The unsent part of the last frame.
    rest: Bytes,
    progress: UploadProgress,
}

impl<B> ProgressBody<B> {
    pub(super) fn new(body: B, progress: UploadProgress) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            progress,
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for ProgressBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        while self.rest.is_empty() {
            let frame = Pin::new(&mut self.body).poll_frame(context);
            let is_waiting = &self.progress.0.is_waiting_for_data;
            is_waiting.store(frame.is_pending(), Ordering::Relaxed);
            match ready!(frame) {
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
                other => return Poll::Ready(other),
            }
        }
        let size = FRAME_BYTES.min(self.rest.len());
        let frame = self.rest.split_to(size);
        self.progress
            .0
            .bytes
            .fetch_add(frame.len() as u64, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(frame))))
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

/// A response body that fails when it stalls. Time without a pending read does
/// not count.
pub(super) struct StallTimeoutBody {
    body: reqwest::Body,
    timeout: Option<Pin<Box<Sleep>>>,
}

impl StallTimeoutBody {
    pub(super) fn new(body: reqwest::Body) -> Self {
        Self {
            body,
            timeout: None,
        }
    }
}

impl Body for StallTimeoutBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.timeout = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(http_error)));
        }
        let timeout = self
            .timeout
            .get_or_insert_with(|| Box::pin(sleep(STALL_TIMEOUT)));
        ready!(timeout.as_mut().poll(context));
        timeout.as_mut().reset(Instant::now() + STALL_TIMEOUT);
        let error = std::io::Error::from(std::io::ErrorKind::TimedOut);
        Poll::Ready(Some(Err(HttpError::new(HttpErrorKind::Timeout, error))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Converts an error below HTTP without its URL. Its kind determines retries:
/// always if the request was not sent, otherwise if it is idempotent.
pub(super) fn http_error(error: reqwest::Error) -> HttpError {
    let kind = if error.is_connect() {
        HttpErrorKind::Connect
    } else if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_decode() {
        HttpErrorKind::Decode
    } else {
        HttpErrorKind::Interrupted
    };
    HttpError::new(kind, error.without_url())
}
