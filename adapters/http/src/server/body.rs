//! The bodies of requests and answers as the server sees them.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use super::{activity::InFlight, pace::Pace};

/// A request's body that ends with an error of the kind
/// [`TimedOut`](io::ErrorKind::TimedOut) when its peer is too slow, and with
/// one of another kind when the connection ends first.
pub(super) struct Progressing<B = Incoming> {
    inner: B,
    pace: Pace,
    timer: Option<Pin<Box<Sleep>>>,
    waiting_since: Option<Instant>,
    ended: bool,
}

impl<B> Progressing<B> {
    pub(super) fn new(inner: B, limit: Duration) -> Self {
        Self {
            inner,
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

impl<B> Body for Progressing<B>
where
    B: Body<Data = Bytes, Error = hyper::Error> + Unpin,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match Pin::new(&mut self.inner).poll_frame(context) {
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
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
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
