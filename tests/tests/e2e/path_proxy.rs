//! A reverse proxy that serves a server below a path, which it removes from
//! requests.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// A proxy that runs until it is dropped.
pub(crate) struct PathProxy {
    listener: Option<TcpListener>,
    path: &'static str,
    url: String,
    running: JoinSet<()>,
}

impl PathProxy {
    /// Reserves a free port for a proxy of `path`.
    pub(crate) async fn bind(path: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        Self {
            listener: Some(listener),
            path,
            url: format!("http://{address}{path}"),
            running: JoinSet::new(),
        }
    }

    /// Returns the URL of the server for clients.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Passes requests to `http://host:port` from now on.
    pub(crate) fn serve(&mut self, target: &str) {
        let listener = self.listener.take().expect("an idle proxy");
        let target = target.trim_start_matches("http://").to_owned();
        let path = self.path;
        self.running.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(forward(client, target.clone(), path));
            }
        });
    }
}

/// Passes one request and its response, then closes the connection.
async fn forward(mut client: TcpStream, target: String, path: &str) {
    let mut received = Vec::new();
    let end = loop {
        let end = received.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            break end;
        }
        if client.read_buf(&mut received).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    let Some(head) = below(&head, path) else {
        let missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        // The client may have closed the connection.
        let _ = client.write_all(missing.as_bytes()).await;
        return;
    };
    let mut server = TcpStream::connect(target).await.expect("a connection");
    let head = format!("{head}\r\nConnection: close");
    let request = [head.as_bytes(), &received[end..]].concat();
    server.write_all(&request).await.expect("sent");
    // Either side may end the connection.
    let _ = copy_bidirectional(&mut client, &mut server).await;
}

/// Removes `path` from the target of a request head; `None` if it has another
/// target.
fn below(head: &str, path: &str) -> Option<String> {
    let (method, rest) = head.split_once(' ')?;
    let rest = rest.strip_prefix(path)?;
    rest.starts_with('/').then(|| format!("{method} {rest}"))
}
