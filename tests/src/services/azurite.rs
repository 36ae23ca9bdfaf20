//! Azurite, which speaks the protocol of Azure Blob Storage.

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use tokio::sync::OnceCell;

use super::{answers, child::Server, free_port, given, program};

/// Where a service may be that is used instead of one of our own: a
/// connection string with `BlobEndpoint`, `AccountName` and `AccountKey`.
const URL: &str = "TENANTRY_TEST_AZURE_URL";

/// The account that every Azurite has.
const ACCOUNT: &str = "devstoreaccount1";
/// Its key, the same everywhere.
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A server.
pub struct Azurite {
    connection_string: String,
    _server: Option<Server>,
    containers: AtomicU32,
}

impl Azurite {
    /// The server of this run.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Azurite> = OnceCell::const_new();
        SHARED.get_or_init(Self::find).await
    }

    async fn find() -> Self {
        let (connection_string, server) = match given(URL) {
            Some(connection_string) => (connection_string, None),
            None => Self::start().await,
        };
        Self {
            connection_string,
            _server: server,
            containers: AtomicU32::new(0),
        }
    }

    async fn start() -> (String, Option<Server>) {
        let built = "azurite-3.35.0/node_modules/.bin/azurite-blob";
        let program = program("azurite-blob", built).unwrap_or_else(|| {
            panic!("Azurite is missing: tests/scripts/services installs it, or set {URL}")
        });
        let port = free_port().to_string();
        let server = Server::start(None, |folder| {
            let mut server = Command::new(program);
            server
                .args(["--blobHost", "127.0.0.1", "--blobPort", &port, "--location"])
                .arg(folder)
                .args(["--silent", "--disableTelemetry", "--skipApiVersionCheck"]);
            server
        });
        let endpoint = format!("http://127.0.0.1:{port}/{ACCOUNT}");
        answers(&endpoint, &server).await;
        let connection_string = format!(
            "DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};\
             BlobEndpoint={endpoint};"
        );
        (connection_string, Some(server))
    }

    /// How it is reached, keys included.
    pub fn connection_string(&self) -> &str {
        &self.connection_string
    }

    /// One value of the connection string.
    pub fn named(&self, name: &str) -> String {
        let pairs = self.connection_string.split(';');
        let mut pairs = pairs.filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(key, _)| *key == name);
        found.expect("a value of that name").1.to_owned()
    }

    /// The name of a container that is not there yet, and nobody else's.
    pub fn fresh(&self) -> String {
        let number = self.containers.fetch_add(1, Ordering::Relaxed);
        format!("t{}-{number}", std::process::id())
    }
}
