//! A client of either protocol.

use std::{convert::Infallible, net::SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response,
    body::Incoming,
    client::conn::{http1, http2},
    http::request,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{net::TcpStream, task::JoinHandle};

use super::within;

/// A protocol of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// Defines each test once per protocol: a module `http1` and a module `http2`.
macro_rules! on_each_protocol {
    ($($test:ident)+) => {
        on_each_protocol!(@ http1 Http1 $($test)+);
        on_each_protocol!(@ http2 Http2 $($test)+);
    };
    (@ $module:ident $protocol:ident $($test:ident)+) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(super::Protocol::$protocol).await;
                }
            )+
        }
    };
}
pub(super) use on_each_protocol;

/// The body of a request.
pub(super) type RequestBody = UnsyncBoxBody<Bytes, Infallible>;

/// An open connection. Dropping it closes the connection.
pub(super) struct Client {
    sender: Sender,
    connection: JoinHandle<()>,
}

enum Sender {
    Http1(http1::SendRequest<RequestBody>),
    Http2(http2::SendRequest<RequestBody>),
}

impl Client {
    /// Connects. With HTTP/2, responses that are not read stall after `window`
    /// bytes, while the connection stays active.
    pub(super) async fn connect(address: SocketAddr, protocol: Protocol, window: u32) -> Self {
        let stream = TcpStream::connect(address).await.expect("connected");
        let io = TokioIo::new(stream);
        match protocol {
            Protocol::Http1 => {
                let (sender, connection) = within(http1::handshake(io)).await.expect("connected");
                Self {
                    sender: Sender::Http1(sender),
                    connection: tokio::spawn(async move { drop(connection.await) }),
                }
            }
            Protocol::Http2 => {
                let mut builder = http2::Builder::new(TokioExecutor::new());
                builder
                    .timer(TokioTimer::new())
                    .initial_stream_window_size(window);
                let (sender, connection) = within(builder.handshake(io)).await.expect("connected");
                Self {
                    sender: Sender::Http2(sender),
                    connection: tokio::spawn(async move { drop(connection.await) }),
                }
            }
        }
    }

    /// Sends a request and returns the response without its body.
    pub(super) async fn send(
        &mut self,
        request: request::Builder,
        body: RequestBody,
    ) -> hyper::Result<Response<Incoming>> {
        let request: Request<RequestBody> = request.body(body).expect("a request");
        within(async {
            match &mut self.sender {
                Sender::Http1(sender) => sender.send_request(request).await,
                Sender::Http2(sender) => sender.send_request(request).await,
            }
        })
        .await
    }

    /// Sends `GET /` and returns the response without its body.
    pub(super) async fn get(&mut self) -> hyper::Result<Response<Incoming>> {
        let uri = match self.sender {
            Sender::Http1(_) => "/",
            Sender::Http2(_) => "http://test/",
        };
        let request = Request::get(uri).header("host", "test");
        self.send(request, empty()).await
    }

    /// Waits until the server closes the connection.
    pub(super) async fn closed(mut self) {
        within(&mut self.connection).await.expect("ended");
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// Returns an empty body.
pub(super) fn empty() -> RequestBody {
    Empty::new().boxed_unsync()
}

/// Reads a body to its end.
pub(super) async fn text(response: Response<Incoming>) -> hyper::Result<String> {
    let body = within(response.into_body().collect()).await?;
    Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
}
