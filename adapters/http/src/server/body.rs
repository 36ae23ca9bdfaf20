//! Request and response bodies at the server's edge.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
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

use super::{activity::InFlight, hold::ResponseHold, pace::Pace, streams::StreamState};

/// A request body that fails with [`TimedOut`](io::ErrorKind::TimedOut) when
/// the peer is too slow, and with another kind when the connection ends early.
///
/// The remainder that the handler does not read is drained for a while: a
/// client that is refused early is still sending, and would see a broken
/// connection instead of the response.
pub(super) struct TimedBody<B: IncomingBody = Incoming> {
    inner: Option<B>,
    is_sent_unasked: bool,
    pace: Pace,
    timer: Option<Pin<Box<Sleep>>>,
    waiting_since: Option<Instant>,
    ended: bool,
}

/// The time limit for draining an unread body.
const DRAIN_TIME: Duration = Duration::from_secs(10);
/// The number of bytes after which draining stops.
const DRAIN_BYTES: u64 = 256 * 1024 * 1024;

impl<B: IncomingBody> TimedBody<B> {
    /// Wraps `inner`; `is_sent_unasked` is false when the peer waits for
    /// `100 Continue` before it sends the body.
    pub(super) fn new(inner: B, limit: Duration, is_sent_unasked: bool) -> Self {
        Self {
            inner: Some(inner),
            is_sent_unasked,
            pace: Pace::new(limit),
            timer: None,
            waiting_since: None,
            ended: false,
        }
    }

    fn poll_stall(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let remaining = self.pace.remaining();
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(remaining)));
        if self.waiting_since.is_none() {
            let now = Instant::now();
            self.waiting_since = Some(now);
            timer.as_mut().reset(now + remaining);
        }
        timer.as_mut().poll(context)
    }

    fn record_progress(&mut self, bytes: usize) {
        let waited = self.waiting_since.take().map(|since| since.elapsed());
        self.pace.record(waited.unwrap_or_default(), bytes);
    }
}

/// A request body as hyper delivers it.
pub(super) trait IncomingBody:
    Body<Data = Bytes, Error = hyper::Error> + Send + Unpin + 'static
{
}

impl<B: Body<Data = Bytes, Error = hyper::Error> + Send + Unpin + 'static> IncomingBody for B {}

impl<B: IncomingBody> Drop for TimedBody<B> {
    fn drop(&mut self) {
        let Some(inner) = self.inner.take() else {
            return;
        };
        if self.ended || !self.is_sent_unasked || inner.is_end_stream() {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(timeout(DRAIN_TIME, drain(inner)));
        }
    }
}

async fn drain(mut body: impl IncomingBody) {
    let mut remaining = DRAIN_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        remaining = remaining.saturating_sub(u64::try_from(bytes).unwrap_or(u64::MAX));
        if remaining == 0 {
            return;
        }
    }
}

impl<B: IncomingBody> Body for TimedBody<B> {
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
                    Some(Ok(frame)) => self.record_progress(frame.data_ref().map_or(0, Bytes::len)),
                    Some(Err(_)) | None => self.ended = true,
                }
                Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)))
            }
            Poll::Pending if self.poll_stall(context).is_ready() => {
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

/// The maximum size of a piece of a response. hyper takes a whole piece even if
/// the peer has room for one byte only, and drops the body when it has taken the
/// last one.
const PIECE_BYTES: usize = 64 * 1024;
/// The maximum size of a piece on one of many streams of a connection.
const STREAM_PIECE_BYTES: usize = 16 * 1024;
/// The maximum size of the last piece of a stream.
const LAST_STREAM_PIECE_BYTES: usize = 4 * 1024;

/// A response body that keeps its request in flight until it is dropped.
pub(super) struct ResponseBody {
    inner: BoxBody<Bytes, io::Error>,
    /// Bytes of the inner body that are not sent yet.
    rest: Bytes,
    /// The stream, with HTTP/2.
    stream: Option<Arc<StreamState>>,
    _request: InFlight,
    _hold: Option<ResponseHold>,
}

impl ResponseBody {
    pub(super) fn new(
        inner: BoxBody<Bytes, io::Error>,
        stream: Option<Arc<StreamState>>,
        request: InFlight,
        hold: Option<ResponseHold>,
    ) -> Self {
        Self {
            inner,
            rest: Bytes::new(),
            stream,
            _request: request,
            _hold: hold,
        }
    }

    fn poll_inner(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.rest.is_empty() {
            return Pin::new(&mut self.inner).poll_frame(context);
        }
        Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.rest)))))
    }

    /// Keeps the bytes of a frame that do not fit in one piece.
    fn limit(&mut self, mut data: Bytes) -> Bytes {
        let (limit, last) = match self.stream {
            Some(_) => (STREAM_PIECE_BYTES, LAST_STREAM_PIECE_BYTES),
            None => (PIECE_BYTES, PIECE_BYTES),
        };
        if data.len() > last && (data.len() > limit || self.inner.is_end_stream()) {
            let length = limit.min(data.len() - last);
            self.rest = data.split_off(length);
        }
        data
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let body = &mut *self;
        if let Some(stream) = &body.stream {
            stream.body_polled();
        }
        let Poll::Ready(frame) = body.poll_inner(context) else {
            if let Some(stream) = &body.stream {
                stream.body_returned(None);
            }
            return Poll::Pending;
        };
        let frame = frame.map(|frame| {
            frame.map(|frame| match frame.into_data() {
                Ok(data) => Frame::data(body.limit(data)),
                Err(trailers) => trailers,
            })
        });
        let bytes = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            Some(Err(_)) | None => 0,
        };
        if let Some(stream) = &body.stream {
            stream.body_returned(Some(bytes));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let sent_later = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let inner = self.inner.size_hint();
        match inner.exact() {
            Some(bytes) => SizeHint::with_exact(bytes.saturating_add(sent_later)),
            None => inner,
        }
    }
}
