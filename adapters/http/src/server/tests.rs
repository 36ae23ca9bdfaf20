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

const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what must come, without hanging a broken build.
async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("in time")
}

struct Running {
    address: SocketAddr,
    server: Server,
    shutdown: CancellationToken,
    task: JoinHandle<io::Result<()>>,
}

impl Running {
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

/// Whether the peer closes without a further byte.
async fn closes(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    matches!(within(stream.read(&mut byte)).await, Ok(0) | Err(_))
}

const GET: &str = "GET / HTTP/1.1\r\nhost: test\r\n\r\n";

#[tokio::test]
async fn keeps_connections_and_answers_pipelined_requests_in_order() {
    let endpoint = make(|request: Request| async move {
        Ok::<_, poem::Error>(Response::builder().body(format!("<{}>", request.uri().path())))
    });
    let running = Running::start(ServerOptions::default(), endpoint).await;
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
async fn sheds_who_sends_nothing_or_a_head_too_slowly() {
    let options = ServerOptions {
        header_timeout: Duration::from_millis(200),
        ..ServerOptions::default()
    };
    let running = Running::start(options, hello()).await;
    let mut silent = running.connect().await;
    let mut slow = running.connect().await;
    send(&mut slow, "GET / HTTP/1.1\r\nhost: t").await;
    assert!(closes(&mut silent).await);
    assert!(closes(&mut slow).await);

    // A second head on a connection that was good before.
    let mut later = running.connect().await;
    send(&mut later, GET).await;
    read_until(&mut later, "hello").await;
    send(&mut later, "GET / HT").await;
    assert!(closes(&mut later).await);
    running.stop().await;
}

#[tokio::test]
async fn closes_idle_connections() {
    let options = ServerOptions {
        idle_timeout: Duration::from_millis(200),
        ..ServerOptions::default()
    };
    let running = Running::start(options, hello()).await;
    let mut stream = running.connect().await;
    send(&mut stream, GET).await;
    read_until(&mut stream, "hello").await;
    assert!(closes(&mut stream).await);
    running.stop().await;
}

#[tokio::test]
async fn further_connections_wait_for_a_place() {
    let options = ServerOptions {
        max_connections: 1,
        ..ServerOptions::default()
    };
    let running = Running::start(options, hello()).await;
    let mut first = running.connect().await;
    send(&mut first, GET).await;
    read_until(&mut first, "hello").await;
    let mut second = running.connect().await;
    send(&mut second, GET).await;
    let mut byte = [0];
    let early = timeout(Duration::from_millis(200), second.read(&mut byte)).await;
    assert!(early.is_err(), "the second is not served yet");
    drop(first);
    assert!(read_until(&mut second, "hello").await.ends_with("hello"));
    running.stop().await;
}

#[tokio::test]
async fn refuses_heads_that_are_too_large() {
    let running = Running::start(ServerOptions::default(), hello()).await;
    let mut stream = running.connect().await;
    let head = format!(
        "GET / HTTP/1.1\r\nhost: test\r\nx: {}\r\n\r\n",
        "y".repeat(40_000)
    );
    send(&mut stream, &head).await;
    assert!(read_until(&mut stream, "\r\n").await.contains(" 431 "));
    running.stop().await;
}

/// Tells when it has begun, waits to go on, and tells that it has finished.
struct Gate {
    begun: mpsc::UnboundedSender<()>,
    go: Arc<Notify>,
    finished: mpsc::UnboundedSender<()>,
}

impl Endpoint for Gate {
    type Output = Response;

    async fn call(&self, _: Request) -> Result<Response> {
        self.begun.send(()).expect("a test that listens");
        self.go.notified().await;
        self.finished.send(()).expect("a test that listens");
        Ok(Response::builder().body("done"))
    }
}

fn gate() -> (
    Gate,
    mpsc::UnboundedReceiver<()>,
    Arc<Notify>,
    mpsc::UnboundedReceiver<()>,
) {
    let (begun, has_begun) = mpsc::unbounded_channel();
    let (finished, has_finished) = mpsc::unbounded_channel();
    let go = Arc::new(Notify::new());
    let gate = Gate {
        begun,
        go: Arc::clone(&go),
        finished,
    };
    (gate, has_begun, go, has_finished)
}

#[tokio::test]
async fn a_client_that_leaves_does_not_stop_the_handler() {
    let (gate, mut begun, go, mut finished) = gate();
    let running = Running::start(ServerOptions::default(), gate).await;
    let mut stream = running.connect().await;
    send(&mut stream, GET).await;
    within(begun.recv()).await.expect("begun");
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
async fn drains_what_is_under_way_and_closes_the_rest_at_once() {
    let (gate, mut begun, go, _finished) = gate();
    let running = Running::start(ServerOptions::default(), gate).await;
    let mut idle = running.connect().await;
    let mut busy = running.connect().await;
    send(&mut busy, GET).await;
    within(begun.recv()).await.expect("begun");
    running.shutdown.cancel();
    assert!(closes(&mut idle).await);
    assert!(TcpStream::connect(running.address).await.is_err());
    go.notify_one();
    let answer = read_until(&mut busy, "done").await;
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(closes(&mut busy).await);
    running.stop().await;
}

#[tokio::test]
async fn cuts_what_does_not_finish_in_the_grace_time() {
    let (gate, mut begun, _go, _finished) = gate();
    let options = ServerOptions {
        shutdown_grace: Duration::from_millis(100),
        ..ServerOptions::default()
    };
    let running = Running::start(options, gate).await;
    let mut busy = running.connect().await;
    send(&mut busy, GET).await;
    within(begun.recv()).await.expect("begun");
    running.stop().await;
    assert!(closes(&mut busy).await);
}

#[tokio::test]
async fn a_body_that_stands_still_is_an_error_for_its_reader() {
    let endpoint = make(|request: Request| async move {
        let error = read_all(request.into_body()).await.expect_err("stalled");
        Ok::<_, poem::Error>(Response::builder().body(format!("{:?}.", error.kind())))
    });
    let options = ServerOptions {
        progress_timeout: Duration::from_millis(200),
        ..ServerOptions::default()
    };
    let running = Running::start(options, endpoint).await;
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
async fn who_is_refused_early_can_send_to_the_end() {
    let endpoint = make(|_: Request| async {
        let refused = Response::builder().status(poem::http::StatusCode::FORBIDDEN);
        Ok::<_, poem::Error>(refused.body("no."))
    });
    let running = Running::start(ServerOptions::default(), endpoint).await;
    let mut stream = running.connect().await;
    let length = 8 * 1024 * 1024;
    let head = format!("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n");
    send(&mut stream, &head).await;
    let piece = vec![0; 64 * 1024];
    for _ in 0..length / piece.len() {
        // The answer has come long ago.
        within(stream.write_all(&piece)).await.expect("sent");
    }
    let answer = read_until(&mut stream, "no.").await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    running.stop().await;
}

async fn read_all(body: Body) -> io::Result<u64> {
    tokio::io::copy(&mut body.into_async_read(), &mut tokio::io::sink()).await
}

#[tokio::test]
async fn speaks_http2_with_prior_knowledge() {
    let running = Running::start(ServerOptions::default(), hello()).await;
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
fn pauses_grow_up_to_a_second() {
    let mut backoff = Backoff::default();
    let pauses: Vec<_> = (0..9).map(|_| backoff.longer().as_millis()).collect();
    assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
}
