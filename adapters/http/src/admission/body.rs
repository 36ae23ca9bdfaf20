//! Request bodies that hold no permit while they wait for the client.

use std::{
    io, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Frame, SizeHint};

use super::ticket::Ticket;

/// A body whose reader runs only with a permit.
pub(crate) struct ParkingBody {
    inner: BoxBody<Bytes, io::Error>,
    ticket: Ticket,
    /// The frame that arrived while the request had no permit.
    arrived: Poll<Option<io::Result<Frame<Bytes>>>>,
}

impl ParkingBody {
    pub(crate) fn new(inner: BoxBody<Bytes, io::Error>, ticket: Ticket) -> Self {
        Self {
            inner,
            ticket,
            arrived: Poll::Pending,
        }
    }
}

impl Body for ParkingBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let body = &mut *self;
        if body.arrived.is_pending() {
            body.arrived = Pin::new(&mut body.inner).poll_frame(context);
        }
        if body.arrived.is_pending() {
            body.ticket.park();
            return Poll::Pending;
        }
        match ready!(body.ticket.poll_resume(context)) {
            Ok(()) => mem::replace(&mut body.arrived, Poll::Pending),
            Err(_) => Poll::Ready(Some(Err(io::ErrorKind::ResourceBusy.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.arrived.is_pending() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
