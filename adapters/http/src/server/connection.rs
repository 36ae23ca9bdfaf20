//! One connection, from its first byte to its last.

use std::{convert::Infallible, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::{
    body::{Body as _, Incoming},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
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
    ServerOptions,
    activity::{Activity, Expired, Watch},
    body::{Answer, Progressing},
    detach::Detached,
    socket::Socket,
};

/// How every HTTP/2 connection begins (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How many bytes of answers may wait in the system to be sent; it asks for
/// more when half of them are gone.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT_BYTES: u32 = 256 * 1024;

/// What is read of a connection at once. From 64 KiB on the allocator keeps
/// buffers in pages of 4 MiB, all of which a stream of them comes to touch:
/// sixteen uploads then hold several times what is on its way.
const BUFFER_BYTES: usize = 48 * 1024;

/// How often a quiet HTTP/2 peer is asked whether it is still there, and how
/// long it may take to say so.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// What all connections of a server share.
pub(super) struct Shared<E> {
    pub(super) endpoint: E,
    pub(super) options: ServerOptions,
    pub(super) http1: http1::Builder,
    pub(super) http2: http2::Builder<TokioExecutor>,
    /// Requests that go on without their connection.
    pub(super) tracker: TaskTracker,
    /// Finish what is under way, then close.
    pub(super) shutdown: CancellationToken,
    /// Close now.
    pub(super) cut: CancellationToken,
}

/// HTTP/1.1 as `options` say.
pub(super) fn http1(options: &ServerOptions) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        // hyper counts this time while a connection is idle, too; `Watch`
        // tells the two apart.
        .header_read_timeout(None)
        .max_buf_size(BUFFER_BYTES.max(usize::try_from(options.max_header_bytes).unwrap_or(0)))
        .max_header_size(usize::try_from(options.max_header_bytes).unwrap_or(usize::MAX));
    builder
}

/// HTTP/2 as `options` say, with hyper's own bounds on reset streams.
pub(super) fn http2(options: &ServerOptions) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(options.max_concurrent_streams)
        .max_header_list_size(options.max_header_bytes)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_INTERVAL);
    builder
}

/// Serves `stream` until it ends, is given up, or the server stops.
pub(super) async fn serve<E>(shared: Arc<Shared<E>>, mut stream: TcpStream, peer: SocketAddr)
where
    E: Endpoint<Output = Response> + 'static,
{
    let activity = Activity::new(&shared.options);
    let Ok(local) = stream.local_addr() else {
        return;
    };
    if tune(&stream).is_err() {
        return;
    }
    let shutdown = shared.shutdown.child_token();
    let first = tokio::select! {
        first = timeout(shared.options.header_timeout, read_first(&mut stream)) => first,
        () = shutdown.cancelled() => return,
    };
    let Ok(Ok(prefix)) = first else {
        tracing::debug!(peer.address = %peer, "connection ended before a request");
        return;
    };
    let multiplexed = prefix.starts_with(PREFACE);
    let io = TokioIo::new(Socket::new(stream, prefix, Arc::clone(&activity)));
    let service = service_fn({
        let shared = Arc::clone(&shared);
        let activity = Arc::clone(&activity);
        move |request| answer(&shared, &activity, request, local, peer)
    });
    if multiplexed {
        activity.multiplexed();
        let connection = shared.http2.serve_connection(io, service);
        drive(connection, &shared, &activity, peer).await;
    } else {
        let connection = shared.http1.serve_connection(io, service);
        drive(connection, &shared, &activity, peer).await;
    }
}

/// Small answers leave at once instead of waiting for an acknowledgement, and
/// of large ones little waits in the system: a slow reader is seen to read in
/// small steps, and holds little memory.
fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_BYTES)?;
    Ok(())
}

/// Reads until the bytes can no longer be, or are, the HTTP/2 preface.
async fn read_first(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Bytes> {
    let mut first = BytesMut::with_capacity(PREFACE.len());
    while first.len() < PREFACE.len() && PREFACE.starts_with(&first) {
        let missing = PREFACE.len() - first.len();
        if (&mut *stream)
            .take(u64::try_from(missing).unwrap_or(0))
            .read_buf(&mut first)
            .await?
            == 0
        {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(first.freeze())
}

/// Hands one request to the endpoint.
fn answer<E>(
    shared: &Arc<Shared<E>>,
    activity: &Arc<Activity>,
    request: http::Request<Incoming>,
    local: SocketAddr,
    peer: SocketAddr,
) -> impl Future<Output = Result<http::Response<Answer>, Infallible>> + Send + use<E>
where
    E: Endpoint<Output = Response> + 'static,
{
    let in_flight = activity.request();
    let request = to_poem(request, local, peer, &shared.options);
    let handler = {
        let shared = Arc::clone(shared);
        async move { shared.endpoint.get_response(request).await }
    };
    let response = Detached::new(handler, shared.tracker.clone());
    async move {
        let response = http::Response::from(response.await);
        Ok(response.map(|body| Answer::new(body, in_flight)))
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
    let sent = !parts.headers.contains_key(http::header::EXPECT);
    let body = if body.is_end_stream() {
        Body::empty()
    } else {
        Body::from(Progressing::new(body, options.progress_timeout, sent).boxed())
    };
    Request::from_parts(parts, body)
}

/// Polls the connection to its end, watching the clock and the server's stop.
async fn drive<C, E>(connection: C, shared: &Shared<E>, activity: &Arc<Activity>, peer: SocketAddr)
where
    C: GracefulConnection<Error = hyper::Error>,
{
    // Tokens of its own spare all connections the lock of the shared ones.
    let shutdown = shared.shutdown.child_token();
    let cut = shared.cut.child_token();
    let mut connection = pin!(connection);
    let mut watch = Watch::new(Arc::clone(activity), &shared.options);
    let mut closing = false;
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(peer.address = %peer, %error, "connection ended early");
                }
                return;
            }
            () = cut.cancelled() => return,
            () = shutdown.cancelled(), if !closing => {
                closing = true;
                connection.as_mut().graceful_shutdown();
                watch.close();
            }
            expired = &mut watch => {
                tracing::debug!(peer.address = %peer, ?expired, "connection timed out");
                if expired != Expired::Idle || closing {
                    return;
                }
                closing = true;
                connection.as_mut().graceful_shutdown();
                watch.close();
            }
        }
    }
}
