//! The bodies of requests and answers as the server sees them.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, combinators::BoxBody};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::{
    runtime::Handle,
    time::{Instant, Sleep, sleep, timeout},
};

use super::{activity::InFlight, pace::Pace};

/// A request's body that ends with an error of the kind
/// [`TimedOut`](io::ErrorKind::TimedOut) when its peer is too slow, and with
/// one of another kind when the connection ends first.
///
/// What its reader leaves is read to its end and let go, for a while: a client
/// that is refused early is still sending, and would find its connection
/// broken in place of the answer.
pub(super) struct Progressing<B: Lingering = Incoming> {
    inner: Option<B>,
    sent: bool,
    pace: Pace,
    timer: Option<Pin<Box<Sleep>>>,
    waiting_since: Option<Instant>,
    ended: bool,
}

/// How long what is left of a body is read for.
const LINGER: Duration = Duration::from_secs(10);
/// How much of it is read.
const LINGER_BYTES: u64 = 256 * 1024 * 1024;

impl<B: Lingering> Progressing<B> {
    /// `sent` says whether the peer sends the body without being asked to.
    pub(super) fn new(inner: B, limit: Duration, sent: bool) -> Self {
        Self {
            inner: Some(inner),
            sent,
            pace: Pace::new(limit),
            timer: None,
            waiting_since: None,
            ended: false,
        }
    }

    fn poll_stalled(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let left = self.pace.left();
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(left)));
        if self.waiting_since.is_none() {
            let now = Instant::now();
            self.waiting_since = Some(now);
            timer.as_mut().reset(now + left);
        }
        timer.as_mut().poll(context)
    }

    fn moved(&mut self, bytes: usize) {
        let waited = self.waiting_since.take().map(|since| since.elapsed());
        self.pace.note(waited.unwrap_or_default(), bytes);
    }
}

/// A body of a connection.
pub(super) trait Lingering:
    Body<Data = Bytes, Error = hyper::Error> + Send + Unpin + 'static
{
}

impl<B: Body<Data = Bytes, Error = hyper::Error> + Send + Unpin + 'static> Lingering for B {}

impl<B: Lingering> Drop for Progressing<B> {
    fn drop(&mut self) {
        let Some(inner) = self.inner.take() else {
            return;
        };
        if self.ended || !self.sent || inner.is_end_stream() {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(timeout(LINGER, let_go(inner)));
        }
    }
}

async fn let_go(mut body: impl Lingering) {
    let mut left = LINGER_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        left = left.saturating_sub(u64::try_from(bytes).unwrap_or(u64::MAX));
        if left == 0 {
            return;
        }
    }
}

impl<B: Lingering> Body for Progressing<B> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let Some(inner) = &mut self.inner else {
            return Poll::Ready(None);
        };
        match Pin::new(inner).poll_frame(context) {
            Poll::Ready(frame) => {
                match &frame {
                    Some(Ok(frame)) => self.moved(frame.data_ref().map_or(0, Bytes::len)),
                    Some(Err(_)) | None => self.ended = true,
                }
                Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)))
            }
            Poll::Pending if self.poll_stalled(context).is_ready() => {
                self.ended = true;
                let error =
                    io::Error::new(io::ErrorKind::TimedOut, "the request body made no progress");
                Poll::Ready(Some(Err(error)))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or_else(SizeHint::default, Body::size_hint)
    }
}

/// An answer's body; its request is under way until it is dropped.
pub(super) struct Answer {
    inner: BoxBody<Bytes, io::Error>,
    _request: InFlight,
}

impl Answer {
    pub(super) fn new(inner: BoxBody<Bytes, io::Error>, request: InFlight) -> Self {
        Self {
            inner,
            _request: request,
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
