//! Tests of HTTP/1.1 on raw bytes.

use poem::{Request, endpoint::make};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Duration,
};

use super::*;

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
async fn oversized_heads_are_rejected() {
    let endpoint = make(|request: Request| async move {
        let is_oversized = request.data::<OversizedHead>().is_some();
        Ok::<_, poem::Error>(Response::builder().body(format!("{is_oversized};")))
    });
    let options = ServerOptions::default();
    let limit = usize::try_from(options.max_header_bytes).expect("a size");
    let running = RunningServer::start(options, endpoint).await;
    let head = |bytes: usize| {
        let start = "GET / HTTP/1.1\r\nhost: test\r\nx: ";
        format!("{start}{}\r\n\r\n", "y".repeat(bytes - start.len() - 4))
    };
    for (bytes, response) in [
        (limit, "false;"),
        (limit + 1, "true;"),
        (limit + limit / 4, "true;"),
        (limit * 2, " 431 "),
    ] {
        let mut stream = running.connect().await;
        send(&mut stream, &head(bytes)).await;
        let received = read_until(&mut stream, response).await;
        assert!(received.ends_with(response), "{bytes}: {received}");
    }
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
