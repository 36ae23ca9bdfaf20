//! One connection from its first to its last byte.

use std::{convert::Infallible, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::{
    body::{Body as _, Incoming},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulConnection,
};
use poem::{
    Addr, Body, Endpoint, Request, RequestParts, Response,
    http::{self, uri::Scheme},
    web::{LocalAddr, RemoteAddr},
};
#[cfg(any(target_os = "linux", target_os = "android"))]
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::TcpStream,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    activity::{Activity, Expiry, Watch},
    body::{ResponseBody, TimedBody},
    connections::OpenConnection,
    detach::{DetachableHandler, HandlerStart},
    head::{OversizedHead, parsed_bytes},
    hold::{ResponseAbort, ResponseHold},
    options::ServerOptions,
    socket::Socket,
    streams::{StreamExecutor, StreamState},
};

/// The HTTP/2 connection preface (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The maximum number of unsent response bytes in the kernel, which asks for
/// more when half of them are sent.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT_BYTES: u32 = 256 * 1024;

/// The size of a read buffer. From 64 KiB on, the allocator places buffers in
/// segments of 4 MiB that uploads touch entirely: sixteen uploads then occupy
/// several times the memory of their data in transit.
const BUFFER_BYTES: usize = 48 * 1024;

/// The maximum size of the unread body of one HTTP/2 request.
const STREAM_WINDOW: u32 = 64 * 1024;
/// The maximum size of the response bytes of one HTTP/2 stream that are not
/// written to the socket.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// The interval of HTTP/2 keep-alive pings, and their timeout.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// The state shared by all connections of a server.
pub(super) struct SharedState<E> {
    pub(super) endpoint: E,
    pub(super) options: ServerOptions,
    pub(super) http1: http1::Builder,
    pub(super) http2: http2::Builder<StreamExecutor>,
    /// Connections, and handlers that outlived theirs.
    pub(super) tracker: TaskTracker,
    /// Requests a graceful shutdown.
    pub(super) shutdown: CancellationToken,
    /// Closes all connections immediately.
    pub(super) abort: CancellationToken,
}

/// Configures HTTP/1.1 from `options`.
pub(super) fn http1(options: &ServerOptions) -> http1::Builder {
    let mut builder = http1::Builder::new();
    let head_bytes = usize::try_from(parsed_bytes(options)).unwrap_or(usize::MAX);
    builder
        .timer(TokioTimer::new())
        // hyper's timeout also runs while a connection is idle; `Watch`
        // distinguishes the two.
        .header_read_timeout(None)
        .max_buf_size(BUFFER_BYTES.max(head_bytes))
        .max_header_size(head_bytes);
    builder
}

/// Configures HTTP/2 from `options`, with hyper's limits on reset streams.
pub(super) fn http2(options: &ServerOptions) -> http2::Builder<StreamExecutor> {
    let mut builder = http2::Builder::new(StreamExecutor::new(options.progress_timeout));
    // A request that is not read yet must not block those being read.
    let window = STREAM_WINDOW.saturating_mul(options.max_concurrent_streams);
    builder
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(window)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .timer(TokioTimer::new())
        .max_concurrent_streams(options.max_concurrent_streams)
        .max_header_list_size(parsed_bytes(options))
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_INTERVAL);
    builder
}

/// The mark of a request on a connection above the limit, which serves health
/// checks only.
#[derive(Debug, Clone, Copy)]
pub struct ReservedConnection;

/// Serves `stream` until it ends, times out, is closed to make room or the
/// server stops.
pub(super) async fn serve<E>(
    shared: Arc<SharedState<E>>,
    activity: Arc<Activity>,
    open: OpenConnection,
    mut stream: TcpStream,
    peer: SocketAddr,
) where
    E: Endpoint<Output = Response> + 'static,
{
    let Ok(local) = stream.local_addr() else {
        return;
    };
    if configure(&stream).is_err() {
        return;
    }
    let shutdown = shared.shutdown.child_token();
    let first = tokio::select! {
        first = timeout(shared.options.header_timeout, read_preface(&mut stream)) => first,
        () = shutdown.cancelled() => return,
        () = open.close.cancelled() => return,
    };
    let Ok(Ok(prefix)) = first else {
        tracing::debug!(peer.address = %peer, "connection closed before its first request");
        return;
    };
    let is_http2 = prefix.starts_with(PREFACE);
    let io = TokioIo::new(Socket::new(stream, prefix, Arc::clone(&activity)));
    let service = service_fn({
        let shared = Arc::clone(&shared);
        let activity = Arc::clone(&activity);
        let is_reserved = open.is_reserved;
        move |request| {
            let mut request = to_poem(request, local, peer, &shared.options);
            if is_reserved {
                request.set_data(ReservedConnection);
            }
            if OversizedHead::is_head_of(&request, &shared.options) {
                request.set_data(OversizedHead);
            }
            respond(&shared, &activity, request)
        }
    });
    if is_http2 {
        activity.set_multiplexed();
        let connection = shared.http2.serve_connection(io, service);
        drive(connection, &shared, &activity, &open, peer).await;
    } else {
        let connection = shared.http1.serve_connection(io, service);
        drive(connection, &shared, &activity, &open, peer).await;
    }
}

/// Sends small responses without delay, and limits the unsent bytes in the
/// kernel: progress of a slow reader shows in small steps, and it occupies
/// little memory.
fn configure(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_BYTES)?;
    Ok(())
}

/// Reads until the bytes are, or can no longer become, the HTTP/2 preface.
async fn read_preface(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Bytes> {
    let mut prefix = BytesMut::with_capacity(PREFACE.len());
    while prefix.len() < PREFACE.len() && PREFACE.starts_with(&prefix) {
        let missing = PREFACE.len() - prefix.len();
        if (&mut *stream)
            .take(u64::try_from(missing).unwrap_or(0))
            .read_buf(&mut prefix)
            .await?
            == 0
        {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(prefix.freeze())
}

/// Passes one request to the endpoint.
fn respond<E>(
    shared: &Arc<SharedState<E>>,
    activity: &Arc<Activity>,
    mut request: Request,
) -> impl Future<Output = Result<http::Response<ResponseBody>, Infallible>> + Send + use<E>
where
    E: Endpoint<Output = Response> + 'static,
{
    let in_flight = activity.request();
    let start = HandlerStart::default();
    request.set_data(start.clone());
    let handler = {
        let shared = Arc::clone(shared);
        async move { shared.endpoint.get_response(request).await }
    };
    let response = DetachableHandler::new(handler, start, shared.tracker.clone());
    let activity = Arc::clone(activity);
    async move {
        let mut response = http::Response::from(response.await);
        let hold = response.extensions_mut().remove::<ResponseHold>();
        let abort = response.extensions_mut().remove::<ResponseAbort>();
        let stream = StreamState::current();
        match &stream {
            Some(stream) => stream.start_response(abort),
            None => activity.start_response(abort),
        }
        Ok(response.map(|body| ResponseBody::new(body, stream, in_flight, hold)))
    }
}

fn to_poem(
    request: http::Request<Incoming>,
    local: SocketAddr,
    peer: SocketAddr,
    options: &ServerOptions,
) -> Request {
    let (parts, body) = request.into_parts();
    let parts = RequestParts::from((
        parts,
        LocalAddr(Addr::from(local)),
        RemoteAddr(Addr::from(peer)),
        Scheme::HTTP,
    ));
    let is_sent_unasked = !parts.headers.contains_key(http::header::EXPECT);
    let body = if body.is_end_stream() {
        Body::empty()
    } else {
        Body::from(TimedBody::new(body, options.progress_timeout, is_sent_unasked).boxed())
    };
    Request::from_parts(parts, body)
}

/// Polls the connection to its end, observing timeouts and the shutdown.
async fn drive<C, E>(
    connection: C,
    shared: &SharedState<E>,
    activity: &Arc<Activity>,
    open: &OpenConnection,
    peer: SocketAddr,
) where
    C: GracefulConnection<Error = hyper::Error>,
{
    // Child tokens avoid contention on the lock of the shared ones.
    let shutdown = shared.shutdown.child_token();
    let abort = shared.abort.child_token();
    let mut connection = pin!(connection);
    let mut watch = Watch::new(Arc::clone(activity), &shared.options);
    let mut closing = false;
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(peer.address = %peer, %error, "connection failed");
                }
                return;
            }
            () = abort.cancelled() => return,
            () = open.close.cancelled() => return,
            () = shutdown.cancelled(), if !closing => {
                closing = true;
                connection.as_mut().graceful_shutdown();
                watch.start_closing();
            }
            expiry = &mut watch => {
                tracing::debug!(peer.address = %peer, ?expiry, "connection timed out");
                if expiry != Expiry::Idle || closing {
                    return;
                }
                closing = true;
                connection.as_mut().graceful_shutdown();
                watch.start_closing();
            }
        }
    }
}
