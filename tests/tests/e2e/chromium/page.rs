//! The server of the page, which also receives the outcomes of its cases.

use std::sync::Arc;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{
        Mutex,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    task::JoinSet,
};

use crate::overload::Overload;

/// The files of the page, with their paths.
const FILES: [(&str, &str); 7] = [
    ("/run.js", include_str!("page/run.js")),
    ("/lib.js", include_str!("page/lib.js")),
    ("/libraries.js", include_str!("page/libraries.js")),
    ("/requests.js", include_str!("page/requests.js")),
    ("/uploads.js", include_str!("page/uploads.js")),
    ("/errors.js", include_str!("page/errors.js")),
    ("/origins.js", include_str!("page/origins.js")),
];

const DOCUMENT: &str = "<!doctype html><meta charset=\"utf-8\"><body>\
                        <script type=\"module\" src=\"/run.js\"></script>";

/// A message of the page.
#[derive(Debug)]
pub(super) enum Report {
    /// The names of all cases.
    Cases(Vec<String>),
    /// The reason why no case can run.
    Failure(String),
    /// The end of a case.
    Outcome {
        /// The name of the case.
        name: String,
        /// The failed assertion.
        error: Option<String>,
    },
}

/// A page on a separate port.
pub(super) struct Page {
    listener: TcpListener,
    origin: String,
}

/// The messages of a page, which is served until they are dropped.
pub(super) struct Reports {
    messages: UnboundedReceiver<Report>,
    _running: JoinSet<()>,
}

struct State {
    world: String,
    base: String,
    reports: UnboundedSender<Report>,
    overload: Mutex<Option<Overload>>,
}

impl Page {
    /// Reserves a free port.
    pub(super) async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        Self {
            listener,
            origin: format!("http://{address}"),
        }
    }

    /// Returns the origin of the page.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Serves the page with its data; `base` is the service that it overloads.
    pub(super) fn serve(self, world: &Value, base: &str) -> Reports {
        let (reports, messages) = unbounded_channel();
        let state = Arc::new(State {
            world: world.to_string(),
            base: base.to_owned(),
            reports,
            overload: Mutex::default(),
        });
        let mut running = JoinSet::new();
        running.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = self.listener.accept().await {
                let state = Arc::clone(&state);
                connections.spawn(async move { state.respond(client).await });
            }
        });
        Reports {
            messages,
            _running: running,
        }
    }
}

impl Reports {
    /// Waits for the next message.
    pub(super) async fn recv(&mut self) -> Option<Report> {
        self.messages.recv().await
    }
}

impl State {
    /// Responds to one request, then closes the connection. `None` if the browser
    /// closed it before.
    async fn respond(&self, mut client: TcpStream) -> Option<()> {
        let (path, body) = request(&mut client).await?;
        let (status, kind, content) = self.response(&path, &body).await;
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\n\
             Content-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
            content.len()
        );
        client.write_all(head.as_bytes()).await.ok()?;
        client.write_all(content.as_bytes()).await.ok()?;
        client.shutdown().await.ok()
    }

    async fn response(&self, path: &str, body: &[u8]) -> (&'static str, &'static str, &str) {
        const OK: &str = "200 OK";
        if let Some(&(_, text)) = FILES.iter().find(|(name, _)| *name == path) {
            return (OK, "text/javascript", text);
        }
        match path {
            "/" => return (OK, "text/html", DOCUMENT),
            "/world.json" => return (OK, "application/json", &self.world),
            "/overload" => {
                let overload = Overload::begin(&self.base, "/openapi.json").await;
                assert!(overload.refused > 0, "no request was refused");
                *self.overload.lock().await = Some(overload);
            }
            "/calm" => *self.overload.lock().await = None,
            path => {
                let Some(report) = parse(path, body) else {
                    return ("404 Not Found", "text/plain", "");
                };
                self.reports.send(report).expect("a running test");
            }
        }
        (OK, "text/plain", "")
    }
}

/// Reads the path and the body of a request.
async fn request(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut received = Vec::new();
    let end = loop {
        let end = received.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            break end;
        }
        if client.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&received[..end]).to_lowercase();
    let path = head.split(' ').nth(1)?.to_owned();
    let length = head
        .lines()
        .find_map(|it| it.strip_prefix("content-length:"));
    let length = length.map_or(Some(0), |length| length.trim().parse().ok())?;
    let mut body = received.split_off(end + 4);
    while body.len() < length {
        if client.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some((path, body))
}

/// Parses a report of the page.
fn parse(path: &str, body: &[u8]) -> Option<Report> {
    let body: Value = serde_json::from_slice(body).ok()?;
    match path {
        "/cases" => {
            let names = body.as_array()?.iter();
            let names = names.map(|name| name.as_str().map(str::to_owned));
            Some(Report::Cases(names.collect::<Option<_>>()?))
        }
        "/failure" => Some(Report::Failure(body.as_str()?.to_owned())),
        "/outcome" => Some(Report::Outcome {
            name: body.get("name")?.as_str()?.to_owned(),
            error: body.get("error")?.as_str().map(str::to_owned),
        }),
        _ => None,
    }
}
