//! The access log: one line per request.

use std::{
    io,
    pin::Pin,
    task::{Context as Task, Poll, ready},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, combinators::BoxBody};
use hyper::body::{Body as _, Frame, SizeHint};
use poem::{
    Body, Response,
    http::{Method, header::CONTENT_LENGTH},
};
use tokio::time::Instant;

use super::context::Context;

/// The access log line of one request.
pub(super) struct AccessLogLine {
    pub(super) context: Context,
    pub(super) start: Instant,
    pub(super) method: Method,
    /// The route's template, or the path without the query if no route matched.
    pub(super) route: String,
    /// Whether to log at debug level, as for health probes.
    pub(super) is_quiet: bool,
}

impl AccessLogLine {
    /// Writes the line, or defers it to the end of a body of unknown size.
    pub(super) fn write(self, response: &mut Response) {
        let status = response.status().as_u16();
        let body = BoxBody::from(response.take_body());
        let known = if self.method == Method::HEAD {
            Some(0)
        } else {
            body.size_hint().exact()
        };
        if let Some(bytes) = known {
            self.emit(status, bytes, true);
            response.set_body(Body::from(body));
        } else {
            let logged = LoggedBody {
                inner: body,
                line: Some(self),
                status,
                bytes: 0,
                content_length: content_length(response),
                complete: false,
            };
            response.set_body(Body::from(logged.boxed()));
        }
    }

    fn emit(&self, status: u16, bytes: u64, complete: bool) {
        let micros = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX);
        let milliseconds = micros / 1000;
        let caller = self.context.caller();
        let user = caller.map(|(user, _)| tracing::field::display(user));
        let tenant = caller
            .and_then(|(_, tenant)| tenant)
            .map(tracing::field::display);
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    parent: None,
                    method = self.method.as_str(),
                    route = self.route,
                    status,
                    bytes,
                    complete,
                    duration_ms = milliseconds,
                    client.address = %self.context.client().address,
                    request.id = self.context.request_id(),
                    tenant.id = tenant,
                    user.id = user,
                    "request"
                )
            };
        }
        if self.is_quiet {
            line!(debug);
        } else {
            line!(info);
        }
    }
}

/// A streamed body that writes its line when it ends or is dropped.
struct LoggedBody {
    inner: BoxBody<Bytes, io::Error>,
    line: Option<AccessLogLine>,
    status: u16,
    bytes: u64,
    /// The `Content-Length`, after which the server stops polling.
    content_length: Option<u64>,
    complete: bool,
}

fn content_length(response: &Response) -> Option<u64> {
    response.header(CONTENT_LENGTH)?.parse().ok()
}

impl hyper::body::Body for LoggedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(task));
        match &frame {
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, Bytes::len);
                self.bytes += u64::try_from(length).unwrap_or(0);
            }
            Some(Err(_)) => {}
            None => self.complete = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for LoggedBody {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            let complete = self.complete
                || self.content_length == Some(self.bytes)
                || self.inner.is_end_stream();
            line.emit(self.status, self.bytes, complete);
        }
    }
}
