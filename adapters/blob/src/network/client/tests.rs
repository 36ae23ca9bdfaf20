//! Requests to servers that do not behave as a storage.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{future::pending, sync::Arc, time::Duration};

use async_trait::async_trait;
use object_store::client::{HttpRequestBody, HttpService};
use tenantry_application::ports::Clock;
use tenantry_domain::Timestamp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::ServiceClient;

struct StoppedClock;

#[async_trait]
impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }

    async fn sleep(&self, _: Duration) {
        pending::<()>().await;
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let listen = || TcpListener::bind("127.0.0.1:0");
    let server = listen().await.expect("a server");
    let elsewhere = listen().await.expect("another server");
    let url = |server: &TcpListener| {
        let address = server.local_addr().expect("an address");
        format!("http://{address}/")
    };
    let request = http::Request::get(url(&server)).body(HttpRequestBody::empty());
    let head = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        url(&elsewhere)
    );
    let redirect = async {
        let (mut peer, _) = server.accept().await.expect("a connection");
        let mut request = [0; 1024];
        let bytes = peer.read(&mut request).await.expect("a request");
        assert_ne!(bytes, 0);
        peer.write_all(head.as_bytes()).await.expect("sent");
        pending::<()>().await;
    };
    let client = ServiceClient::new(None, Arc::new(StoppedClock)).expect("a client");
    tokio::select! {
        result = client.call(request.expect("a request")) => {
            assert!(result.is_err_and(|error| error.to_string().contains("307")));
        }
        () = redirect => panic!("the server does not end"),
        _ = elsewhere.accept() => panic!("the redirect was followed"),
    }
}
