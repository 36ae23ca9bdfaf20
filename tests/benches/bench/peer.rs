//! The peer of small requests: poem with a constant response. This program
//! starts itself as the peer, to run it on its own core.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use poem::{
    Endpoint, EndpointExt, Response, Route, Server, get, handler,
    listener::{Acceptor, Listener, TcpListener},
    web::Data,
};
use tokio::runtime::Runtime;

use crate::tools::on_core;

/// The first argument that makes this program the peer.
pub(crate) const MODE: &str = "--peer";

/// A running peer.
pub(crate) struct Peer {
    child: Child,
    /// The address, `host:port`.
    pub(crate) address: String,
}

impl Peer {
    /// Starts a peer on the first core that responds with `bytes` bytes.
    pub(crate) fn start(bytes: usize) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child = on_core(0, &program)
            .args([MODE, &bytes.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut address = String::new();
        let stdout = child.stdout.take().expect("its output");
        let read = BufReader::new(stdout).read_line(&mut address);
        read.expect("its address");
        let address = address.trim().to_owned();
        Self { child, address }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Fails if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves as the peer until it is killed.
pub(crate) fn serve(bytes: usize) {
    Runtime::new().expect("a runtime").block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0");
        let acceptor = listener.into_acceptor().await.expect("a port");
        let address = acceptor.local_addr().remove(0);
        let address = address.as_socket_addr().expect("an address").to_string();
        println!("{address}");
        Server::new_with_acceptor(acceptor)
            .run(routes(bytes))
            .await
            .expect("a server");
    });
}

fn routes(bytes: usize) -> impl Endpoint {
    Route::new()
        .at("/api/v1/files/:id", get(plain))
        .at("/health", get(plain))
        .data("x".repeat(bytes))
}

#[handler]
fn plain(Data(body): Data<&String>) -> Response {
    Response::builder()
        .content_type("application/json; charset=utf-8")
        .body(body.clone())
}
