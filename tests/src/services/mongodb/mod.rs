//! The `MongoDB` protocol.

mod front;
mod message;
mod peer;
mod replica_set;

pub use front::{Front, Verdict};
pub use message::Message;
pub use peer::Peer;
pub use replica_set::ReplicaSet;

use std::{
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use mongodb::{Client, bson::doc, options::ClientOptions};
use tokio::sync::OnceCell;

use super::{
    Namespace, TestServer, child::Server, cleanup::remove_at_exit, free_port, given,
    programs_folder,
};
use crate::harness::until;

/// Where one may be that is used instead of one of our own.
const URL: &str = "TENANTRY_TEST_MONGODB_URL";

/// The program that `tests/scripts/services` builds of `tests/services/mongodb`.
const PROGRAM: &str = "mongodb-1.24.2/mongodb";

/// A server.
pub struct Mongodb {
    /// Without a database.
    url: String,
    server: Option<Server>,
    databases: AtomicU32,
}

impl Mongodb {
    /// The server of this run.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Mongodb> = OnceCell::const_new();
        SHARED.get_or_init(Self::find).await
    }

    async fn find() -> Self {
        let (url, server) = match (given(URL), mongod()) {
            (Some(url), _) => (url, None),
            (None, Some(mongod)) => Self::start_mongod(&mongod),
            (None, None) => Self::start(),
        };
        let found = Self {
            url,
            server,
            databases: AtomicU32::new(0),
        };
        found.answers().await;
        found
    }

    fn start() -> (String, Option<Server>) {
        let program = programs_folder().join(PROGRAM);
        assert!(
            program.is_file(),
            "the MongoDB server is missing: run tests/scripts/services, or set {URL}"
        );
        let port = free_port();
        let server = Server::start(None, |folder| {
            let mut server = Command::new(&program);
            server.args(["-listen", &format!("127.0.0.1:{port}")]);
            server.arg("-folder").arg(folder);
            server
        });
        (format!("mongodb://127.0.0.1:{port}/"), Some(server))
    }

    /// One member of a replica set of its own.
    fn start_mongod(mongod: &PathBuf) -> (String, Option<Server>) {
        let port = free_port();
        let server = Server::start(None, |folder| {
            let mut server = Command::new(mongod);
            server.args(["--bind_ip", "127.0.0.1", "--port", &port.to_string()]);
            server.args(["--replSet", "tests", "--dbpath"]).arg(folder);
            server
        });
        let url = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
        (url, Some(server))
    }

    async fn answers(&self) {
        let ready = until("MongoDB answers", async || self.is_ready().await);
        let ready = tokio::time::timeout(Duration::from_mins(1), ready).await;
        if ready.is_err() {
            let log = self.server.as_ref().map(Server::log).unwrap_or_default();
            panic!("MongoDB does not answer: {log}");
        }
    }

    async fn is_ready(&self) -> Option<()> {
        let mut options = ClientOptions::parse(&self.url).await.ok()?;
        options.server_selection_timeout = Some(Duration::from_secs(1));
        let admin = Client::with_options(options).ok()?.database("admin");
        let hello = admin.run_command(doc! { "hello": 1 }).await.ok()?;
        if hello.get_bool("isreplicaset").is_ok_and(|yes| yes) {
            let initiated = admin.run_command(doc! { "replSetInitiate": {} }).await;
            drop(initiated);
            return None;
        }
        let is_primary = hello.get_bool("isWritablePrimary");
        let is_primary = is_primary.or(hello.get_bool("ismaster"));
        is_primary.is_ok_and(|yes| yes).then_some(())
    }

    /// Its version, and what it is.
    pub async fn version(&self) -> String {
        if self.server.is_some() && mongod().is_none() {
            // It tells the version that it stands in for.
            return "(FerretDB 1.24.2, no transactions)".to_owned();
        }
        let client = Client::with_uri_str(&self.url).await.expect("a client");
        let admin = client.database("admin");
        let info = admin.run_command(doc! { "buildInfo": 1 }).await;
        let info = info.expect("what it is");
        info.get_str("version").unwrap_or_default().to_owned()
    }

    /// The URL of a database that nobody uses yet.
    pub fn fresh(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}_{number}", std::process::id());
        remove_at_exit(URL, &name);
        let (server, options) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let url = format!("{}/{name}?{options}", server.trim_end_matches('/'));
        url.trim_end_matches('?').to_owned()
    }
}

/// The host and port of a URL.
fn address_of(url: &str) -> String {
    let server = url.trim_start_matches("mongodb://");
    server.split('/').next().expect("an address").to_owned()
}

fn mongod() -> Option<PathBuf> {
    let path = given("PATH")?;
    let mut folders = std::env::split_paths(&path);
    folders
        .find(|folder| folder.join("mongod").is_file())
        .map(|folder| folder.join("mongod"))
}

#[async_trait]
impl TestServer for Mongodb {
    async fn version(&self) -> String {
        Self::version(self).await
    }

    async fn namespace(&self) -> Namespace {
        let url = self.fresh();
        let path = url.split('?').next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        Namespace {
            name: name.to_owned(),
            settings: vec![("URL", url.clone())],
        }
    }

    async fn remove(&self, name: &str) -> bool {
        let client = Client::with_uri_str(&self.url).await.expect("a client");
        let names = client.list_database_names().await.expect("the databases");
        let exists = names.iter().any(|other| other == name);
        let dropped = client.database(name).drop().await;
        dropped.expect("drop the database");
        exists
    }
}
