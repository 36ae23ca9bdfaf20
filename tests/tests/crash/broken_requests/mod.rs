//! Requests that end early, and several in one write. None may leave anything
//! behind: a reservation, a file, a permit, an open descriptor, a server error.

mod aborted;
mod pipelined;
mod resets;

use std::{
    fs::{self, File},
    path::PathBuf,
    time::Duration,
};

use serde_json::{Value, json};
use tenantry_tests::harness::{Actor, Form, Providers, ServiceProcess, Settings, command, until};
use tokio::time::timeout;

use crate::{data_folder::DataFolder, program::PROGRAM};

/// The permits of one tenant are half of these, so that a few lost ones block it.
const SETTINGS: Settings<'static> = &[
    ("TENANTRY_HTTP__MAX_RUNNING_REQUESTS", "4"),
    ("TENANTRY_LOG__LEVEL", "debug"),
    ("TENANTRY_LOG__FORMAT", "json"),
];

/// The maximum time until a request gets a permit.
const PATIENCE: Duration = Duration::from_secs(30);

/// A service with its log, and an owner with a file.
struct Served {
    process: ServiceProcess,
    owner: Actor,
    file: String,
    log: PathBuf,
    before: State,
    data: DataFolder,
}

/// The state that a request may change.
#[derive(Debug, PartialEq, Eq)]
struct State {
    usage: Value,
    projects: Value,
    files: Value,
}

impl Served {
    async fn start() -> Self {
        let data = DataFolder::new();
        let place = Providers::of_this_run().place().await;
        let settings = [place.settings(), SETTINGS.to_vec()].concat();
        let log = data.path().join("log");
        let command = command(PROGRAM, data.path(), &settings);
        let process = ServiceProcess::logged(command, &File::create(&log).expect("a log"));
        let owner = Actor::register(process.base(), "acme").await;
        let content = vec![b'x'; 4 << 20];
        let file = owner.upload_ready("large.txt", "text/plain", content).await;
        let before = State::of(&owner).await;
        Self {
            file: file["id"].as_str().expect("an id").to_owned(),
            process,
            owner,
            log,
            before,
            data,
        }
    }

    /// Returns the number of open files of blobs, and of connections of clients.
    /// The pool of the database opens files as needed.
    fn descriptors(&self) -> usize {
        let folder = format!("/proc/{}/fd", self.process.id());
        let links = fs::read_dir(folder).expect("a running process");
        // A descriptor may be closed meanwhile.
        let links = links.filter_map(|link| fs::read_link(link.ok()?.path()).ok());
        let blobs = self.data.path().join("blobs");
        links.filter(|link| link.starts_with(&blobs)).count() + self.connections()
    }

    /// Returns the number of connections that the service has not closed.
    fn connections(&self) -> usize {
        let (_, port) = self.process.base().rsplit_once(':').expect("a port");
        let port: u16 = port.parse().expect("a port");
        let table = fs::read_to_string("/proc/net/tcp").expect("the connections");
        let local = format!(":{port:04X}");
        let is_open = |line: &&str| {
            let mut columns = line.split_whitespace().skip(1);
            let (address, _, state) = (columns.next(), columns.next(), columns.next());
            // Established, or closed by the client only.
            address.is_some_and(|address| address.ends_with(&local))
                && matches!(state, Some("01" | "08"))
        };
        table.lines().filter(is_open).count()
    }

    /// Waits until nothing is left of the requests, and reads the log.
    async fn expect_unchanged(self, descriptors: usize) {
        until("no upload is open", async || {
            let usage = self.owner.usage().await;
            let is_idle = usage["open_uploads"] == 0 && usage["storage_reserved_bytes"] == 0;
            is_idle.then_some(())
        })
        .await;
        until("all connections and files are closed", async || {
            // The client of the owner keeps a connection open.
            (self.descriptors() <= descriptors + 1).then_some(())
        })
        .await;
        // A lost permit would make one of these wait forever.
        for _ in 0..8 {
            let me = timeout(PATIENCE, self.owner.get("/api/v1/auth/me")).await;
            me.expect("a permit").expect(200);
        }
        assert_eq!(State::of(&self.owner).await, self.before);
        self.process.stop().await;
        let log = fs::read_to_string(&self.log).expect("the log");
        let lines = log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        let statuses: Vec<u64> = lines.filter_map(|line: Value| status(&line)).collect();
        assert!(statuses.len() > 8, "the log has no requests: {log}");
        let errors = statuses.iter().filter(|status| **status >= 500).count();
        assert_eq!(errors, 0, "{log}");
        assert!(!log.contains("panicked"), "{log}");
        drop(self.data);
    }
}

impl State {
    async fn of(owner: &Actor) -> Self {
        let list = async |path| {
            let list = owner.get(path).await.expect(200).json();
            list["items"].clone()
        };
        Self {
            usage: owner.usage().await,
            projects: list("/api/v1/projects?limit=100").await,
            files: list("/api/v1/files?limit=100").await,
        }
    }
}

/// Returns the status in a line of the access log.
fn status(line: &Value) -> Option<u64> {
    line["fields"]["status"]
        .as_u64()
        .or_else(|| line["status"].as_u64())
}

/// A complete request, of which parts are sent.
struct Request {
    name: &'static str,
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// Whether HTTP/1.1 sends its body in chunks.
    is_chunked: bool,
}

/// Returns a request of each kind; complete, each would succeed.
fn requests(served: &Served) -> Vec<Request> {
    let request = |name, method, path: &str, kind: &str, body: Vec<u8>| Request {
        name,
        method,
        path: path.to_owned(),
        headers: match kind {
            "" => Vec::new(),
            kind => vec![("content-type", kind.to_owned())],
        },
        body,
        is_chunked: name == "chunks",
    };
    let project = json!({ "name": "Cut", "description": "x".repeat(30) });
    let form = Form::new().field("tags", r#"{"cut": true}"#).file(
        "form.txt",
        "text/plain",
        "content of a form",
    );
    let content = "/api/v1/files/content?path=";
    vec![
        request(
            "download",
            "GET",
            &format!("/api/v1/files/{}/content", served.file),
            "",
            Vec::new(),
        ),
        request(
            "JSON",
            "POST",
            "/api/v1/projects",
            "application/json",
            project.to_string().into_bytes(),
        ),
        request(
            "form",
            "POST",
            "/api/v1/files",
            Form::CONTENT_TYPE,
            form.end(),
        ),
        request(
            "length",
            "PUT",
            &format!("{content}length.txt"),
            "text/plain",
            b"content with a length".to_vec(),
        ),
        request(
            "chunks",
            "PUT",
            &format!("{content}chunks.txt"),
            "text/plain",
            b"content in two chunks".to_vec(),
        ),
    ]
}
