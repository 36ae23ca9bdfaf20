//! `WsgiDAV`, a `WebDAV` server.

use std::{
    path::Path,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use rcgen::generate_simple_self_signed;
use reqwest::{
    Client, Method, StatusCode, Url,
    header::{HeaderMap, HeaderName},
};
use serde_json::json;
use tokio::{net::TcpStream, sync::OnceCell};

use super::{
    Namespace, TestServer, child::Server, cleanup::remove_at_exit, free_port, given,
    programs_folder, wait_until_ready,
};
use crate::wait::until;

/// The variable that names another collection:
/// `http://<user>:<password>@<host>:<port>/<path>`.
const URL: &str = "TENANTRY_TEST_WEBDAV_URL";

/// The version installed by `tests/scripts/services`.
const VERSION: &str = "4.4.0";

/// The threads of the server. Tests keep many uploads open, and each takes a
/// thread.
const THREADS: u32 = 300;

/// Runs the server so that an interrupt ends it: a shell makes background
/// processes ignore interrupts.
const RUN: &str = "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); \
                   from wsgidav.server.server_cli import run; run()";

/// A server.
pub struct Webdav {
    url: Url,
    username: String,
    password: String,
    server: Option<Server>,
    collections: AtomicU32,
}

impl Webdav {
    /// Returns the server of this run.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Webdav> = OnceCell::const_new();
        SHARED.get_or_init(Self::find).await
    }

    async fn find() -> Self {
        let Some(url) = given(URL) else {
            return Self::start(None).await;
        };
        let mut url: Url = url.parse().expect("a URL");
        let username = url.username().to_owned();
        let password = url.password().unwrap_or_default().to_owned();
        url.set_username("").expect("an HTTP URL");
        url.set_password(None).expect("an HTTP URL");
        Self {
            url,
            username,
            password,
            server: None,
            collections: AtomicU32::new(0),
        }
    }

    /// Starts a separate server with TLS. Returns the certificate of its unknown
    /// authority as well.
    pub async fn with_tls() -> (Self, String) {
        let made = generate_simple_self_signed(["127.0.0.1".to_owned()]);
        let made = made.expect("a certificate");
        let certificate = made.cert.pem();
        let key = made.signing_key.serialize_pem();
        let webdav = Self::start(Some([certificate.clone(), key])).await;
        (webdav, certificate)
    }

    async fn start(keys: Option<[String; 2]>) -> Self {
        let programs = programs_folder().join(format!("wsgidav-{VERSION}"));
        assert!(
            programs.join("wsgidav").is_dir(),
            "WsgiDAV is missing: run tests/scripts/services, or set {URL}"
        );
        let (username, password) = ("tenantry", "tenantry-secret");
        let port = free_port();
        let server = Server::start(None, |folder| {
            let share = folder.join("share");
            std::fs::create_dir(&share).expect("a folder");
            let mut settings = json!({
            "host": "127.0.0.1",
            "port": port,
            "provider_mapping": { "/": share },
            "simple_dc": { "user_mapping": { "*": { username: { "password": password } } } },
            "http_authenticator": {
                "accept_basic": true,
                "accept_digest": false,
                "default_to_digest": false,
            },
            // The default backlog is five; connections beyond it are reset.
            "server_args": {
                "numthreads": THREADS,
                "request_queue_size": THREADS,
                "timeout": 60,
            },
                        });
            if let Some([certificate, key]) = &keys {
                settings["ssl_certificate"] = written(folder, "public.crt", certificate).into();
                settings["ssl_private_key"] = written(folder, "private.key", key).into();
                settings["ssl_adapter"] = "builtin".into();
            }
            let settings = written(folder, "settings.json", &settings.to_string());
            // The shell passes on its environment.
            let mut server = Command::new("env");
            server
                .arg(format!("PYTHONPATH={}", programs.display()))
                .args(["PYTHONUNBUFFERED=1", "python3", "-c", RUN])
                .args(["--config", &settings]);
            server
        });
        let address = format!("127.0.0.1:{port}");
        let scheme = if keys.is_some() {
            // Its certificate is trusted by tests only.
            let listens = async || TcpStream::connect(&address).await.ok();
            until("WsgiDAV listens", listens).await;
            "https"
        } else {
            wait_until_ready(&format!("http://{address}/"), &server).await;
            "http"
        };
        let url = format!("{scheme}://{address}/");
        Self {
            url: url.parse().expect("a URL"),
            username: username.to_owned(),
            password: password.to_owned(),
            server: Some(server),
            collections: AtomicU32::new(0),
        }
    }

    /// Returns the installed version, which the server does not report; empty
    /// for another server.
    pub fn version(&self) -> String {
        match self.server {
            Some(_) => VERSION.to_owned(),
            None => String::new(),
        }
    }

    /// Returns the address, `host:port`.
    pub fn address(&self) -> String {
        let host = self.url.host_str().expect("a host");
        let port = self.url.port_or_known_default().expect("a port");
        format!("{host}:{port}")
    }

    /// Returns the user name.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Returns the password.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Returns the settings of a storage section for a collection, as
    /// environment variables; `section` is `STORAGE` or `STORAGES__NAME`.
    pub fn settings(&self, section: &str, collection: &Url) -> Vec<(String, String)> {
        let values = [
            ("KIND", "webdav"),
            ("URL", collection.as_str()),
            ("ALLOW_HTTP", "true"),
            ("CREATE", "true"),
            ("USERNAME", self.username()),
            ("PASSWORD", self.password()),
        ];
        super::variables(section, &values)
    }

    /// Returns a new, unique collection URL.
    pub fn fresh(&self) -> Url {
        let number = self.collections.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}-{number}", std::process::id());
        remove_at_exit(URL, &name);
        self.collection(&name)
    }

    fn collection(&self, name: &str) -> Url {
        let mut url = self.url.clone();
        let mut segments = url.path_segments_mut().expect("an HTTP URL");
        segments.pop_if_empty().push(name);
        drop(segments);
        url
    }

    /// Creates a collection.
    pub async fn make(&self, collection: &Url) {
        self.ask("MKCOL", collection, HeaderMap::new()).await;
    }

    /// Renames a collection, to make it unavailable or available.
    pub async fn rename(&self, from: &Url, to: &Url) {
        let target = to.as_str().parse().expect("a header");
        let headers = HeaderMap::from_iter([(HeaderName::from_static("destination"), target)]);
        self.ask("MOVE", from, headers).await;
    }

    async fn ask(&self, method: &str, url: &Url, headers: HeaderMap) {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = Client::new().request(method, url.clone()).headers(headers);
        let request = request.basic_auth(&self.username, Some(&self.password));
        let response = request.send().await.expect("a response");
        assert_eq!(response.status(), 201);
    }
}

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("a path").to_owned()
}

#[async_trait]
impl TestServer for Webdav {
    async fn version(&self) -> String {
        Self::version(self)
    }

    async fn namespace(&self) -> Namespace {
        let url = self.fresh();
        let name = url.path_segments().and_then(Iterator::last);
        let settings = vec![
            ("URL", url.to_string()),
            ("ALLOW_HTTP", "true".to_owned()),
            ("CREATE", "true".to_owned()),
            ("USERNAME", self.username.clone()),
            ("PASSWORD", self.password.clone()),
        ];
        Namespace {
            name: name.expect("the name of the collection").to_owned(),
            settings,
        }
    }

    async fn remove(&self, name: &str) -> bool {
        let request = Client::new().delete(self.collection(name));
        let request = request.basic_auth(&self.username, Some(&self.password));
        let response = request.send().await.expect("a response of the server");
        if response.status() == StatusCode::NOT_FOUND {
            return false;
        }
        response.error_for_status().expect("delete the collection");
        true
    }
}
