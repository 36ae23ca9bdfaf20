//! HTTP/2 streams that are reset within a request or a response.

use bytes::Bytes;
use h2::{Reason, client::SendRequest};
use http::Request as Head;
use tokio::net::TcpStream;

use super::{Request, Served, requests};
use crate::tier::Tier;

/// The number of reset streams of a connection. Services close connections with
/// many.
const STREAMS: usize = 8;

async fn connect(served: &Served) -> SendRequest<Bytes> {
    let address = served.process.base().trim_start_matches("http://");
    let stream = TcpStream::connect(address).await.expect("a connection");
    let (requests, connection) = h2::client::handshake(stream).await.expect("a handshake");
    // Ends with its requests.
    tokio::spawn(async move { drop(connection.await) });
    requests
}

impl Request {
    fn head(&self, served: &Served) -> Head<()> {
        let uri = format!("{}{}", served.process.base(), self.path);
        let token = served.owner.token.as_deref().unwrap_or_default();
        let mut head = Head::builder()
            .method(self.method)
            .uri(uri)
            .header("authorization", format!("Bearer {token}"));
        for (name, value) in &self.headers {
            head = head.header(*name, value);
        }
        if !self.is_chunked && !self.body.is_empty() {
            head = head.header("content-length", self.body.len());
        }
        head.body(()).expect("a request")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_reset_within_a_request_leave_nothing() {
    let served = Served::start().await;
    let descriptors = served.descriptors();
    let step = Tier::of_this_run().pick(5, 1);
    for request in requests(&served).iter().filter(|it| !it.body.is_empty()) {
        let cuts: Vec<_> = (0..request.body.len()).step_by(step).collect();
        for cuts in cuts.chunks(STREAMS) {
            let mut requests = connect(&served).await;
            for cut in cuts {
                requests = requests.ready().await.expect("a stream");
                let sent = requests.send_request(request.head(&served), false);
                let (response, mut body) = sent.expect("a request");
                let part = Bytes::copy_from_slice(&request.body[..*cut]);
                body.send_data(part, false).expect("sent");
                match cut % 3 {
                    0 => body.send_reset(Reason::CANCEL),
                    1 => body.send_reset(Reason::INTERNAL_ERROR),
                    // The response is dropped as well, which resets the stream.
                    _ => {}
                }
                drop((response, body));
            }
            expect_response(&mut requests, &served, request.name).await;
        }
    }
    served.expect_unchanged(descriptors).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_reset_within_a_response_leave_nothing() {
    let served = Served::start().await;
    let descriptors = served.descriptors();
    let download = &requests(&served)[0];
    for _ in 0..Tier::of_this_run().pick(8, 200) {
        let mut requests = connect(&served).await;
        for number in 0..STREAMS {
            requests = requests.ready().await.expect("a stream");
            let sent = requests.send_request(download.head(&served), true);
            let (response, _) = sent.expect("a request");
            if number % 2 == 0 {
                let mut body = response.await.expect("a response").into_body();
                let chunk = body.data().await.expect("a chunk").expect("bytes");
                assert!(!chunk.is_empty());
            }
        }
        expect_response(&mut requests, &served, download.name).await;
    }
    served.expect_unchanged(descriptors).await;
}

/// Asserts that the connection still serves requests.
async fn expect_response(requests: &mut SendRequest<Bytes>, served: &Served, name: &str) {
    let head = Request {
        name: "me",
        method: "GET",
        path: "/api/v1/auth/me".to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        is_chunked: false,
    };
    let mut ready = requests.clone().ready().await.expect("a stream");
    let sent = ready.send_request(head.head(served), true);
    let (response, _) = sent.expect("a request");
    let response = response
        .await
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(response.status(), 200, "{name}");
}
