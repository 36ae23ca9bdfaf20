//! Azurite, an emulator of Azure Blob Storage.

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Url;
use tenantry_application::ports::Clock;
use tenantry_crypto::SystemClock;
use tokio::sync::OnceCell;

use super::{
    Namespace, TestServer, child::Server, cleanup::remove_at_exit, free_port, given, program,
    wait_until_ready,
};

/// The variable that names another service, by a connection string with
/// `BlobEndpoint`, `AccountName` and `AccountKey`.
const URL: &str = "TENANTRY_TEST_AZURE_URL";

/// The account of every Azurite.
const ACCOUNT: &str = "devstoreaccount1";
/// The key of the account.
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A server.
pub struct Azurite {
    connection_string: String,
    _server: Option<Server>,
    containers: AtomicU32,
}

impl Azurite {
    /// Returns the server of this run.
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
            panic!("Azurite is missing: run tests/scripts/services, or set {URL}")
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
        wait_until_ready(&endpoint, &server).await;
        let connection_string = format!(
            "DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};\
             BlobEndpoint={endpoint};"
        );
        (connection_string, Some(server))
    }

    /// Returns its version.
    pub async fn version(&self) -> String {
        let response = reqwest::get(self.named("BlobEndpoint")).await;
        let response = response.expect("a response");
        let server = response.headers().get("server");
        let server = server
            .and_then(|server| server.to_str().ok())
            .unwrap_or_default();
        // "Azurite-Blob/3.35.0"
        server.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Returns the connection string, with the account key.
    pub fn connection_string(&self) -> &str {
        &self.connection_string
    }

    /// Returns the settings of a storage section for a container, as environment
    /// variables; `section` is `STORAGE` or `STORAGES__NAME`.
    pub fn settings(&self, section: &str, container: &str) -> Vec<(String, String)> {
        let values = [
            ("KIND", "azure"),
            ("CONTAINER", container),
            ("CREATE", "true"),
            ("CONNECTION_STRING", self.connection_string()),
        ];
        super::variables(section, &values)
    }

    /// Returns a value of the connection string.
    pub fn named(&self, name: &str) -> String {
        let pairs = self.connection_string.split(';');
        let mut pairs = pairs.filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(key, _)| *key == name);
        found.expect("a value of that name").1.to_owned()
    }

    /// Returns an account signature that grants `permissions` for an hour.
    pub fn signature(&self, permissions: &str) -> String {
        let (version, services, kinds) = ("2018-11-09", "b", "co");
        let until = SystemClock.now().plus(Duration::from_hours(1)).to_string();
        let account = self.named("AccountName");
        let text =
            format!("{account}\n{permissions}\n{services}\n{kinds}\n\n{until}\n\n\n{version}\n");
        let key = STANDARD.decode(self.named("AccountKey")).expect("base64");
        let tag = hmac::sign(&Key::new(HMAC_SHA256, &key), text.as_bytes());
        let pairs = [
            ("sv", version),
            ("ss", services),
            ("srt", kinds),
            ("sp", permissions),
            ("se", &until),
            ("sig", &STANDARD.encode(tag)),
        ];
        let url = Url::parse_with_params("http://any", pairs).expect("a URL");
        url.query().expect("pairs").to_owned()
    }

    /// Returns a new, unique container name.
    pub fn fresh(&self) -> String {
        let number = self.containers.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}-{number}", std::process::id());
        remove_at_exit(URL, &name);
        name
    }
}

#[async_trait]
impl TestServer for Azurite {
    async fn version(&self) -> String {
        Self::version(self).await
    }

    async fn namespace(&self) -> Namespace {
        let name = self.fresh();
        let settings = vec![
            ("ACCOUNT", self.named("AccountName")),
            ("ACCESS_KEY", self.named("AccountKey")),
            ("ENDPOINT", self.named("BlobEndpoint")),
            ("CONTAINER", name.clone()),
            ("ALLOW_HTTP", "true".to_owned()),
            ("CREATE", "true".to_owned()),
        ];
        Namespace { name, settings }
    }

    async fn remove(&self, name: &str) -> bool {
        let endpoint = self.named("BlobEndpoint");
        let signature = self.signature("d");
        let url = format!("{endpoint}/{name}?restype=container&{signature}");
        let response = reqwest::Client::new().delete(url).send().await;
        let response = response.expect("a response of the object store");
        if response.status() == reqwest::StatusCode::NOT_FOUND {
            return false;
        }
        response.error_for_status().expect("delete the container");
        true
    }
}
