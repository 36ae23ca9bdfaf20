//! Responses that are not read, more than one client network may have.

use bytes::Bytes;
use h2::{RecvStream, client::SendRequest};
use http::{Request, Response, StatusCode};
use tokio::net::TcpStream;

/// The number of connections, with a hundred requests each.
const CONNECTIONS: usize = 4;

/// Open requests, until they are dropped.
pub(crate) struct Overload {
    /// The number of requests that the service refused.
    pub(crate) refused: usize,
    _open: Vec<(SendRequest<Bytes>, Vec<Response<RecvStream>>)>,
}

impl Overload {
    /// Sends requests of a path, and waits for the heads of the responses.
    pub(crate) async fn begin(base: &str, path: &str) -> Self {
        let mut refused = 0;
        let mut open = Vec::new();
        for _ in 0..CONNECTIONS {
            let address = base.trim_start_matches("http://");
            let stream = TcpStream::connect(address).await.expect("a connection");
            let mut client = h2::client::Builder::new();
            // Responses cannot end.
            client.initial_window_size(0);
            let (mut requests, connection) = client
                .handshake::<_, Bytes>(stream)
                .await
                .expect("a handshake");
            // Fails when the service closes the connection.
            tokio::spawn(async move { drop(connection.await) });
            let mut responses = Vec::new();
            for _ in 0..100 {
                requests = requests.ready().await.expect("ready");
                let request = Request::get(format!("{base}{path}"));
                let request = request.body(()).expect("a request");
                let (response, _) = requests.send_request(request, true).expect("sent");
                responses.push(response);
            }
            let mut heads = Vec::new();
            for response in responses {
                let response = response.await.expect("a response");
                if response.status() == StatusCode::SERVICE_UNAVAILABLE {
                    refused += 1;
                }
                heads.push(response);
            }
            open.push((requests, heads));
        }
        Self {
            refused,
            _open: open,
        }
    }
}
