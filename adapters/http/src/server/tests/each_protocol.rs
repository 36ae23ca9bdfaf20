//! Tests that hold with HTTP/1.1 and HTTP/2.

use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use poem::http::Request as HttpRequest;

use super::{
    client::{Client, Protocol, on_each_protocol, text},
    *,
};

/// A window that holds any response of these tests.
const LARGE: u32 = 1 << 24;
/// A timeout that tests wait for.
const SHORT: Duration = Duration::from_millis(200);

on_each_protocol! {
    idle_connections_are_closed
    the_longest_idle_connection_makes_room
    busy_connections_leave_room_for_reserved_ones
    started_handlers_outlive_their_client
    waiting_requests_end_with_their_client
    shutdown_finishes_running_requests
    requests_beyond_the_grace_period_are_aborted
    a_stalled_request_body_fails_its_reader
    a_response_without_a_reader_is_aborted
    an_abort_condition_ends_a_response_without_a_reader
    a_response_is_held_until_it_is_sent
}

async fn idle_connections_are_closed(protocol: Protocol) {
    let options = ServerOptions {
        idle_timeout: SHORT,
        ..ServerOptions::default()
    };
    let running = RunningServer::start(options, hello()).await;
    let mut client = Client::connect(running.address, protocol, LARGE).await;
    let response = client.get().await.expect("a response");
    assert_eq!(text(response).await.expect("a body"), "hello");
    client.closed().await;
    running.stop().await;
}

async fn the_longest_idle_connection_makes_room(protocol: Protocol) {
    let options = ServerOptions {
        connections_per_network: 2,
        ..ServerOptions::default()
    };
    let running = RunningServer::start(options, hello()).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = Client::connect(running.address, protocol, LARGE).await;
        let response = client.get().await.expect("a response");
        assert_eq!(text(response).await.expect("a body"), "hello");
        clients.push(client);
    }
    clients.remove(0).closed().await;
    for mut client in clients {
        client.get().await.expect("a response");
    }
    running.stop().await;
}

async fn busy_connections_leave_room_for_reserved_ones(protocol: Protocol) {
    let (gate, mut started, go, _finished) = gate();
    let endpoint = make(move |request: Request| {
        let gate = gate.clone();
        async move {
            if request.data::<ReservedConnection>().is_some() {
                return Ok(Response::builder().body("reserved"));
            }
            gate.call(request).await
        }
    });
    let options = ServerOptions {
        max_connections: 1,
        ..ServerOptions::default()
    };
    let running = RunningServer::start(options, endpoint).await;
    let mut busy = Client::connect(running.address, protocol, LARGE).await;
    let busy = tokio::spawn(async move { text(busy.get().await?).await });
    within(started.recv()).await.expect("started");
    let mut probe = Client::connect(running.address, protocol, LARGE).await;
    let response = probe.get().await.expect("a response");
    assert_eq!(text(response).await.expect("a body"), "reserved");
    go.notify_one();
    assert_eq!(busy.await.expect("joined").expect("a body"), "done");
    running.stop().await;
}

async fn started_handlers_outlive_their_client(protocol: Protocol) {
    let (gate, mut started, go, mut finished) = gate();
    let running = RunningServer::start(ServerOptions::default(), gate).await;
    let mut client = Client::connect(running.address, protocol, LARGE).await;
    let request = tokio::spawn(async move { client.get().await.is_ok() });
    within(started.recv()).await.expect("started");
    request.abort();
    without_connections(&running).await;
    go.notify_one();
    within(finished.recv()).await.expect("finished");
    running.stop().await;
}

async fn waiting_requests_end_with_their_client(protocol: Protocol) {
    let (entered, mut has_entered) = mpsc::unbounded_channel();
    let (dropped, mut was_dropped) = mpsc::unbounded_channel::<()>();
    let endpoint = make(move |_| {
        let guard = dropped.clone();
        entered.send(()).expect("the test receives");
        async move {
            // The channel closes when the handler is dropped.
            let _guard = guard;
            std::future::pending::<Result<Response>>().await
        }
    });
    let running = RunningServer::start(ServerOptions::default(), endpoint).await;
    let mut client = Client::connect(running.address, protocol, LARGE).await;
    let request = tokio::spawn(async move { client.get().await.is_ok() });
    within(has_entered.recv()).await.expect("entered");
    request.abort();
    without_connections(&running).await;
    // With the endpoint, the last sender goes.
    running.stop().await;
    assert_eq!(within(was_dropped.recv()).await, None);
}

async fn shutdown_finishes_running_requests(protocol: Protocol) {
    let (gate, mut started, go, _finished) = gate();
    let running = RunningServer::start(ServerOptions::default(), gate).await;
    let idle = Client::connect(running.address, protocol, LARGE).await;
    let mut busy = Client::connect(running.address, protocol, LARGE).await;
    let busy = tokio::spawn(async move { text(busy.get().await?).await });
    within(started.recv()).await.expect("started");
    running.shutdown.cancel();
    idle.closed().await;
    assert!(TcpStream::connect(running.address).await.is_err());
    go.notify_one();
    assert_eq!(busy.await.expect("joined").expect("a body"), "done");
    running.stop().await;
}

async fn requests_beyond_the_grace_period_are_aborted(protocol: Protocol) {
    let (gate, mut started, _go, _finished) = gate();
    let options = ServerOptions {
        shutdown_grace: SHORT,
        ..ServerOptions::default()
    };
    let running = RunningServer::start(options, gate).await;
    let mut busy = Client::connect(running.address, protocol, LARGE).await;
    let busy = tokio::spawn(async move { busy.get().await.is_ok() });
    within(started.recv()).await.expect("started");
    running.stop().await;
    assert!(!within(busy).await.expect("joined"));
}

async fn a_stalled_request_body_fails_its_reader(protocol: Protocol) {
    let endpoint = make(|request: Request| async move {
        let error = read_all(request.into_body()).await.expect_err("stalled");
        Ok::<_, poem::Error>(Response::builder().body(format!("{:?}", error.kind())))
    });
    let options = ServerOptions {
        progress_timeout: SHORT,
        ..ServerOptions::default()
    };
    let running = RunningServer::start(options, endpoint).await;
    let mut client = Client::connect(running.address, protocol, LARGE).await;
    let begin = futures_util::stream::iter([Ok(Frame::data("abc".into()))]);
    let stalled = futures_util::StreamExt::chain(begin, futures_util::stream::pending());
    let request = HttpRequest::post("http://test/").header("host", "test");
    let response = client
        .send(request, StreamBody::new(stalled).boxed_unsync())
        .await;
    let response = text(response.expect("a response")).await;
    assert_eq!(response.expect("a body"), "TimedOut");
    running.stop().await;
}

/// Creates an endpoint whose endless response reports when it is dropped.
fn endless() -> (
    impl Endpoint<Output = Response>,
    mpsc::UnboundedReceiver<()>,
) {
    let (dropped, was_dropped) = mpsc::unbounded_channel();
    let endpoint = make(move |request: Request| {
        let report = OnDrop(dropped.clone());
        async move {
            if request.uri().path() != "/" {
                return Ok::<_, poem::Error>(Response::builder().body("hello"));
            }
            let pieces = futures_util::stream::repeat_with(move || {
                // Moves it here.
                let _ = &report;
                Ok::<_, io::Error>(vec![0; 64 * 1024])
            });
            Ok(Response::builder().body(Body::from_bytes_stream(pieces)))
        }
    });
    (endpoint, was_dropped)
}

struct OnDrop(mpsc::UnboundedSender<()>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        // The test may have ended.
        let _ = self.0.send(());
    }
}

async fn a_response_without_a_reader_is_aborted(protocol: Protocol) {
    let (endpoint, mut dropped) = endless();
    let options = ServerOptions {
        progress_timeout: SHORT,
        ..ServerOptions::default()
    };
    let running = RunningServer::start(options, endpoint).await;
    for window in [0, 1, 100_000] {
        let mut client = Client::connect(running.address, protocol, window).await;
        let unread = client.get().await.expect("a response");
        within(dropped.recv()).await.expect("the body is dropped");
        drop(unread);
        if protocol == Protocol::Http2 {
            // The connection continues.
            let other = HttpRequest::get("http://test/other");
            let other = client.send(other, super::client::empty()).await;
            assert!(other.expect("a response").status().is_success());
        }
    }
    running.stop().await;
}

async fn an_abort_condition_ends_a_response_without_a_reader(protocol: Protocol) {
    let (inner, mut dropped) = endless();
    let revoked = Arc::new(Notify::new());
    let condition = Arc::clone(&revoked);
    let inner = Arc::new(inner);
    let endpoint = make(move |request: Request| {
        let (inner, condition) = (Arc::clone(&inner), Arc::clone(&condition));
        async move {
            let mut response = inner.call(request).await?;
            let condition = async move { condition.notified().await };
            response.set_data(ResponseAbort::when(condition));
            Ok::<_, poem::Error>(response)
        }
    });
    let running = RunningServer::start(ServerOptions::default(), endpoint).await;
    let mut client = Client::connect(running.address, protocol, 0).await;
    let unread = client.get().await.expect("a response");
    assert!(dropped.try_recv().is_err());
    revoked.notify_one();
    within(dropped.recv()).await.expect("the body is dropped");
    drop(unread);
    running.stop().await;
}

async fn a_response_is_held_until_it_is_sent(protocol: Protocol) {
    let (dropped, mut was_dropped) = mpsc::unbounded_channel();
    let endpoint = make(move |_| {
        let mut response = Response::builder().body(vec![0; 8 * 1024 * 1024]);
        response.set_data(ResponseHold::new(OnDrop(dropped.clone())));
        async move { Ok::<_, poem::Error>(response) }
    });
    let running = RunningServer::start(ServerOptions::default(), endpoint).await;
    let mut client = Client::connect(running.address, protocol, 1000).await;
    let response = client.get().await.expect("a response");
    assert!(was_dropped.try_recv().is_err());
    text(response).await.expect("a body");
    within(was_dropped.recv()).await.expect("dropped");
    running.stop().await;
}

async fn without_connections(running: &RunningServer) {
    within(async {
        while running.server.connections() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
