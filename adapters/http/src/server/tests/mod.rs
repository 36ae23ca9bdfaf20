#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{future::Future, net::SocketAddr, sync::Arc};

use poem::{Body, Endpoint, Request, Response, Result, endpoint::make};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc},
    task::JoinHandle,
    time::{Duration, timeout},
};
use tokio_util::sync::CancellationToken;

use super::*;

mod client;
mod each_protocol;
mod http1;

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

/// An endpoint that marks and signals its start, waits for permission, and
/// signals its end.
#[derive(Clone)]
struct Gate {
    started: mpsc::UnboundedSender<()>,
    go: Arc<Notify>,
    finished: mpsc::UnboundedSender<()>,
}

impl Endpoint for Gate {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        if let Some(start) = request.data::<HandlerStart>() {
            start.mark();
        }
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

async fn read_all(body: Body) -> io::Result<u64> {
    tokio::io::copy(&mut body.into_async_read(), &mut tokio::io::sink()).await
}

#[test]
fn pauses_double_up_to_one_second() {
    let mut backoff = Backoff::default();
    let pauses: Vec<_> = (0..9).map(|_| backoff.next_pause().as_millis()).collect();
    assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
}
