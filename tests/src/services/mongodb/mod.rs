//! MongoDB, or a server that speaks its protocol.

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
use mongodb::{
    Client,
    bson::{Document, doc},
    options::ClientOptions,
};
use tokio::sync::OnceCell;

use super::{
    Namespace, TestServer, child::Server, cleanup::remove_at_exit, free_port, given,
    programs_folder,
};
use crate::wait::until;

/// The variable that names another server, by its URL.
const URL: &str = "TENANTRY_TEST_MONGODB_URL";

/// The program built from `tests/services/mongodb` by `tests/scripts/services`.
const PROGRAM: &str = "mongodb-1.24.2/mongodb";

/// A server.
pub struct Mongodb {
    /// The URL without a database.
    url: String,
    server: Option<Server>,
    databases: AtomicU32,
}

impl Mongodb {
    /// Returns the server of this run.
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
        found.wait_until_ready().await;
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

    /// Starts a `mongod` as the single member of a replica set.
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

    async fn wait_until_ready(&self) {
        let ready = until("MongoDB is ready", async || self.is_ready().await);
        let ready = tokio::time::timeout(Duration::from_mins(1), ready).await;
        if ready.is_err() {
            let log = self.server.as_ref().map(Server::log).unwrap_or_default();
            panic!("MongoDB does not respond: {log}");
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

    /// Returns its version, and its kind.
    pub async fn version(&self) -> String {
        if self.server.is_some() && mongod().is_none() {
            // The reported version is that of the emulated server.
            return "(FerretDB 1.24.2, no transactions)".to_owned();
        }
        let info = self.run_on_admin(doc! { "buildInfo": 1 }).await;
        info.get_str("version").unwrap_or_default().to_owned()
    }

    /// Returns whether the server is a member of a replica set, which several
    /// processes may use.
    pub async fn is_replica_set(&self) -> bool {
        let hello = self.run_on_admin(doc! { "hello": 1 }).await;
        hello.contains_key("setName")
    }

    async fn run_on_admin(&self, command: Document) -> Document {
        let client = Client::with_uri_str(&self.url).await.expect("a client");
        let admin = client.database("admin");
        admin.run_command(command).await.expect("a response")
    }

    /// Returns the URL of a new database.
    pub fn fresh(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}_{number}", std::process::id());
        remove_at_exit(URL, &name);
        let (server, options) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let url = format!("{}/{name}?{options}", server.trim_end_matches('/'));
        url.trim_end_matches('?').to_owned()
    }
}

/// Returns the host and port of a URL.
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
