//! Connections that close within a request or a response.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Request, Served, requests};
use crate::tier::Tier;

/// The number of connections at a time.
const CONCURRENCY: usize = 8;

/// The end of a connection.
#[derive(Debug, Clone, Copy)]
enum End {
    /// Both directions close.
    Close,
    /// The connection is reset.
    Reset,
    /// The request ends, and the response is awaited.
    Half,
}

const ENDS: [End; 3] = [End::Close, End::Reset, End::Half];

impl Request {
    /// Returns the bytes of the request, and the length of its head.
    fn bytes(&self, served: &Served) -> (Vec<u8>, usize) {
        let mut head = served.owner.head(self.method, &self.path);
        for (name, value) in &self.headers {
            head.extend([*name, ": ", value.as_str(), "\r\n"]);
        }
        let body = if self.is_chunked {
            head += "transfer-encoding: chunked\r\n";
            let (first, second) = self.body.split_at(self.body.len() / 2);
            let mut chunks = Vec::new();
            for chunk in [first, second] {
                chunks.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                chunks.extend(chunk);
                chunks.extend(b"\r\n");
            }
            chunks.extend(b"0\r\n\r\n");
            chunks
        } else {
            if !self.body.is_empty() {
                head.extend(["content-length: ", &self.body.len().to_string(), "\r\n"]);
            }
            self.body.clone()
        };
        head += "\r\n";
        let length = head.len();
        (head.into_bytes().into_iter().chain(body).collect(), length)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_cut_at_any_byte_leave_nothing() {
    let served = Served::start().await;
    let address = served.process.base().trim_start_matches("http://");
    let descriptors = served.descriptors();
    let step = Tier::of_this_run().pick(9, 1);
    let mut cuts = Vec::new();
    for request in requests(&served) {
        let (bytes, head) = request.bytes(&served);
        let in_head = (0..head).step_by(step);
        let places = in_head.chain(head.saturating_sub(4)..bytes.len());
        cuts.extend(places.map(|place| (request.name, bytes[..place].to_vec())));
    }
    assert!(cuts.len() > 300, "{}", cuts.len());
    let cuts = cuts.into_iter().enumerate();
    let sent = stream::iter(cuts).map(async |(number, (name, bytes))| {
        send_part(address, &bytes, ENDS[number % ENDS.len()], name).await;
    });
    sent.buffer_unordered(CONCURRENCY)
        .collect::<Vec<()>>()
        .await;
    served.expect_unchanged(descriptors).await;
}

/// Sends the beginning of a request and ends the connection.
async fn send_part(address: &str, bytes: &[u8], end: End, name: &str) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(bytes).await.expect("sent");
    match end {
        End::Close => {}
        End::Reset => stream.set_zero_linger().expect("a socket"),
        End::Half => {
            stream.shutdown().await.expect("the end of the request");
            let mut response = Vec::new();
            // The service may reset the connection.
            let _ = stream.read_to_end(&mut response).await;
            let text = String::from_utf8_lossy(&response);
            assert!(!text.starts_with("HTTP/1.1 2"), "{name}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_responses_leave_nothing() {
    let served = Served::start().await;
    let address = served.process.base().trim_start_matches("http://");
    let descriptors = served.descriptors();
    let (bytes, _) = requests(&served)[0].bytes(&served);
    for number in 0..Tier::of_this_run().pick(60_usize, 2000) {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(&bytes).await.expect("sent");
        let mut part = vec![0; 1 + number * 997];
        let read = tokio::time::timeout(Duration::from_secs(30), stream.read_exact(&mut part));
        read.await.expect("bytes in time").expect("bytes");
        if number % 2 == 0 {
            stream.set_zero_linger().expect("a socket");
        }
    }
    served.expect_unchanged(descriptors).await;
}
