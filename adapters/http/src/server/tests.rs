#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{future::Future, net::SocketAddr, sync::Arc};

use poem::{Body, Endpoint, Request, Response, Result, endpoint::make};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc},
    task::JoinHandle,
    time::{Duration, Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use super::*;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Awaits `future`, failing instead of hanging.
async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(TIMEOUT, future).await.expect("completes in time")
}

struct RunningServer {
    address: SocketAddr,
    server: Server,
    shutdown: CancellationToken,
    task: JoinHandle<io::Result<()>>,
}

impl RunningServer {
    async fn start(
        options: ServerOptions,
        endpoint: impl Endpoint<Output = Response> + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = Server::new(options);
        let shutdown = CancellationToken::new();
        let task = tokio::spawn({
            let (server, shutdown) = (server.clone(), shutdown.clone());
            async move { server.serve(listener, endpoint, shutdown).await }
        });
        Self {
            address,
            server,
            shutdown,
            task,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("connected")
    }

    async fn stop(self) {
        self.shutdown.cancel();
        within(self.task).await.expect("joined").expect("served");
    }
}

fn hello() -> impl Endpoint<Output = Response> {
    make(|_| async { Ok::<_, poem::Error>(Response::builder().body("hello")) })
}

async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.expect("sent");
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    within(async {
        let mut byte = [0];
        while !text.ends_with(end) {
            if stream.read(&mut byte).await.unwrap_or(0) == 0 {
                break;
            }
            text.push(char::from(byte[0]));
        }
    })
    .await;
    text
}

/// Tests whether the peer closes without sending another byte.
async fn closes(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    matches!(within(stream.read(&mut byte)).await, Ok(0) | Err(_))
}

const GET: &str = "GET / HTTP/1.1\r\nhost: test\r\n\r\n";

#[tokio::test]
async fn pipelined_requests_get_responses_in_order() {
    let endpoint = make(|request: Request| async move {
        Ok::<_, poem::Error>(Response::builder().body(format!("<{}>", request.uri().path())))
    });
    let running = RunningServer::start(ServerOptions::default(), endpoint).await;
    let mut stream = running.connect().await;
    for _ in 0..2 {
        let pipelined = ["/a", "/b", "/c"].map(|path| GET.replacen('/', path, 1));
        send(&mut stream, &pipelined.concat()).await;
        for path in ["</a>", "</b>", "</c>"] {
            assert!(read_until(&mut stream, path).await.ends_with(path));
        }
    }
    assert_eq!(running.server.connections(), 1);
    running.stop().await;
}

#[tokio::test]
async fn silent_and_slow_clients_are_disconnected() {
    let options = ServerOptions {
        header_timeout: Duration::from_millis(200),
        ..ServerOptions::default()
    };
    let running = RunningServer::start(options, hello()).await;
    let mut silent = running.connect().await;
    let mut slow = running.connect().await;
    send(&mut slow, "GET / HTTP/1.1\r\nhost: t").await;
    assert!(closes(&mut silent).await);
    assert!(closes(&mut slow).await);

    // A slow second head on a connection that has served a request.
    let mut later = running.connect().await;
    send(&mut later, GET).await;
    read_until(&mut later, "hello").await;
    send(&mut later, "GET / HT").await;
    assert!(closes(&mut later).await);
    running.stop().await;
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let options = ServerOptions {
        idle_timeout: Duration::from_millis(200),
        ..ServerOptions::default()
    };
    let running = RunningServer::start(options, hello()).await;
    let mut stream = running.connect().await;
    send(&mut stream, GET).await;
    read_until(&mut stream, "hello").await;
    assert!(closes(&mut stream).await);
    running.stop().await;
}

#[tokio::test]
async fn connections_above_the_limit_wait() {
    let options = ServerOptions {
        max_connections: 1,
        ..ServerOptions::default()
    };
    let running = RunningServer::start(options, hello()).await;
    let mut first = running.connect().await;
    send(&mut first, GET).await;
    read_until(&mut first, "hello").await;
    let mut second = running.connect().await;
    send(&mut second, GET).await;
    let mut byte = [0];
    let early = timeout(Duration::from_millis(200), second.read(&mut byte)).await;
    assert!(early.is_err(), "the second connection is not served yet");
    drop(first);
    assert!(read_until(&mut second, "hello").await.ends_with("hello"));
    running.stop().await;
}

#[tokio::test]
async fn oversized_heads_are_rejected() {
    let running = RunningServer::start(ServerOptions::default(), hello()).await;
    let mut stream = running.connect().await;
    let head = format!(
        "GET / HTTP/1.1\r\nhost: test\r\nx: {}\r\n\r\n",
        "y".repeat(40_000)
    );
    send(&mut stream, &head).await;
    assert!(read_until(&mut stream, "\r\n").await.contains(" 431 "));
    running.stop().await;
}

/// An endpoint that signals its start, waits for permission, and signals its
/// end.
struct Gate {
    started: mpsc::UnboundedSender<()>,
    go: Arc<Notify>,
    finished: mpsc::UnboundedSender<()>,
}

impl Endpoint for Gate {
    type Output = Response;

    async fn call(&self, _: Request) -> Result<Response> {
        self.started.send(()).expect("the test receives");
        self.go.notified().await;
        self.finished.send(()).expect("the test receives");
        Ok(Response::builder().body("done"))
    }
}

fn gate() -> (
    Gate,
    mpsc::UnboundedReceiver<()>,
    Arc<Notify>,
    mpsc::UnboundedReceiver<()>,
) {
    let (started, has_started) = mpsc::unbounded_channel();
    let (finished, has_finished) = mpsc::unbounded_channel();
    let go = Arc::new(Notify::new());
    let gate = Gate {
        started,
        go: Arc::clone(&go),
        finished,
    };
    (gate, has_started, go, has_finished)
}

#[tokio::test]
async fn handlers_outlive_their_client() {
    let (gate, mut started, go, mut finished) = gate();
    let running = RunningServer::start(ServerOptions::default(), gate).await;
    let mut stream = running.connect().await;
    send(&mut stream, GET).await;
    within(started.recv()).await.expect("started");
    drop(stream);
    within(async {
        while running.server.connections() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    go.notify_one();
    within(finished.recv()).await.expect("finished");
    running.stop().await;
}

#[tokio::test]
async fn shutdown_finishes_running_requests_and_closes_idle_connections() {
    let (gate, mut started, go, _finished) = gate();
    let running = RunningServer::start(ServerOptions::default(), gate).await;
    let mut idle = running.connect().await;
    let mut busy = running.connect().await;
    send(&mut busy, GET).await;
    within(started.recv()).await.expect("started");
    running.shutdown.cancel();
    assert!(closes(&mut idle).await);
    assert!(TcpStream::connect(running.address).await.is_err());
    go.notify_one();
    let response = read_until(&mut busy, "done").await;
    assert!(response.contains("connection: close"), "{response}");
    assert!(closes(&mut busy).await);
    running.stop().await;
}

#[tokio::test]
async fn requests_beyond_the_grace_period_are_aborted() {
    let (gate, mut started, _go, _finished) = gate();
    let options = ServerOptions {
        shutdown_grace: Duration::from_millis(100),
        ..ServerOptions::default()
    };
    let running = RunningServer::start(options, gate).await;
    let mut busy = running.connect().await;
    send(&mut busy, GET).await;
    within(started.recv()).await.expect("started");
    running.stop().await;
    assert!(closes(&mut busy).await);
}

#[tokio::test]
async fn a_stalled_body_fails_its_reader() {
    let endpoint = make(|request: Request| async move {
        let error = read_all(request.into_body()).await.expect_err("stalled");
        Ok::<_, poem::Error>(Response::builder().body(format!("{:?}.", error.kind())))
    });
    let options = ServerOptions {
        progress_timeout: Duration::from_millis(200),
        ..ServerOptions::default()
    };
    let running = RunningServer::start(options, endpoint).await;
    let mut stream = running.connect().await;
    let begin = Instant::now();
    send(
        &mut stream,
        "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 9\r\n\r\nabc",
    )
    .await;
    assert!(
        read_until(&mut stream, "TimedOut.")
            .await
            .ends_with("TimedOut.")
    );
    assert!(begin.elapsed() >= Duration::from_millis(200));
    running.stop().await;
}

#[tokio::test]
async fn a_client_rejected_early_can_finish_sending() {
    let endpoint = make(|_: Request| async {
        let forbidden = Response::builder().status(poem::http::StatusCode::FORBIDDEN);
        Ok::<_, poem::Error>(forbidden.body("no."))
    });
    let running = RunningServer::start(ServerOptions::default(), endpoint).await;
    let mut stream = running.connect().await;
    let length = 8 * 1024 * 1024;
    let head = format!("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n");
    send(&mut stream, &head).await;
    let piece = vec![0; 64 * 1024];
    for _ in 0..length / piece.len() {
        // The response has already arrived.
        within(stream.write_all(&piece)).await.expect("sent");
    }
    let response = read_until(&mut stream, "no.").await;
    assert!(response.starts_with("HTTP/1.1 403"), "{response}");
    running.stop().await;
}

async fn read_all(body: Body) -> io::Result<u64> {
    tokio::io::copy(&mut body.into_async_read(), &mut tokio::io::sink()).await
}

#[tokio::test]
async fn http2_works_with_prior_knowledge() {
    let running = RunningServer::start(ServerOptions::default(), hello()).await;
    let mut stream = running.connect().await;
    // The preface in two pieces, then an empty SETTINGS frame.
    send(&mut stream, "PRI * HTTP/2.0\r\n").await;
    send(&mut stream, "\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    let mut head = [0; 9];
    within(stream.read_exact(&mut head)).await.expect("a frame");
    assert_eq!(head[3], 4, "SETTINGS");
    running.stop().await;
}

#[test]
fn pauses_double_up_to_one_second() {
    let mut backoff = Backoff::default();
    let pauses: Vec<_> = (0..9).map(|_| backoff.next_pause().as_millis()).collect();
    assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
}
