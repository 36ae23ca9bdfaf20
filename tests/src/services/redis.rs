//! Redis.

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use redis::{Client, Cmd, RedisResult, cmd};
use tokio::sync::OnceCell;

use super::{
    FaultProxy, Namespace, TestServer, child::Server, cleanup::remove_at_exit, free_port, given,
};
use crate::wait::until;

/// The variable that names another server, by its URL.
const URL: &str = "TENANTRY_TEST_REDIS_URL";

/// The number of namespaces of this run; another server may have other users.
static NAMESPACES: AtomicU32 = AtomicU32::new(0);

/// A server.
pub struct Redis {
    port: u16,
    url: String,
    server: Option<Server>,
}

/// A new namespace of a server.
#[derive(Debug, Clone)]
pub struct RedisPlace {
    /// The URL of the server.
    pub url: String,
    /// The prefix of keys and channels.
    pub namespace: String,
}

impl Redis {
    /// Returns the server of this run.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Redis> = OnceCell::const_new();
        let find = async || match given(URL) {
            Some(url) => Self {
                port: 0,
                url,
                server: None,
            },
            None => Self::own().await,
        };
        SHARED.get_or_init(find).await
    }

    /// Starts a server for one test, which may stop it.
    pub async fn own() -> Self {
        let port = free_port();
        let mut redis = Self {
            port,
            url: format!("redis://127.0.0.1:{port}/0"),
            server: None,
        };
        redis.start().await;
        redis
    }

    /// Starts the server, or restarts it on the same port without data.
    pub async fn start(&mut self) {
        let port = self.port.to_string();
        self.server = Some(Server::start(None, |folder| {
            let mut server = Command::new("redis-server");
            server.args(["--bind", "127.0.0.1", "--port", &port]);
            server.args(["--save", "", "--appendonly", "no", "--dir"]);
            server.arg(folder);
            server
        }));
        let ready = until("Redis responds", async || self.process_id().await.ok());
        let ready = tokio::time::timeout(std::time::Duration::from_secs(20), ready).await;
        assert!(
            ready.is_ok(),
            "Redis does not respond (apt-get install redis-server, or set {URL}): {}",
            self.server.as_ref().map(Server::log).unwrap_or_default()
        );
    }

    /// Returns a new namespace.
    pub fn fresh(&self) -> RedisPlace {
        let number = NAMESPACES.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("t{}-{number}", std::process::id());
        remove_at_exit(URL, &namespace);
        RedisPlace {
            url: self.url.clone(),
            namespace,
        }
    }

    /// Returns the namespace behind a proxy that can delay.
    pub async fn behind_proxy(&self, place: &RedisPlace) -> (FaultProxy, RedisPlace) {
        let proxy = FaultProxy::to(("127.0.0.1", self.port)).await;
        let proxied = RedisPlace {
            url: format!("redis://127.0.0.1:{}/0", proxy.address().port()),
            namespace: place.namespace.clone(),
        };
        (proxy, proxied)
    }

    /// Kills the server, which loses its data.
    pub async fn kill(&mut self) {
        self.signal("KILL").await;
        let ended = async || self.process_id().await.err();
        until("Redis has ended", ended).await;
        self.server = None;
    }

    /// Suspends the server, with its connections open, until the result is
    /// dropped.
    pub async fn freeze(&self) -> FreezeGuard {
        FreezeGuard(self.signal("STOP").await)
    }

    /// Returns every key and value as text.
    pub async fn dump(&self) -> String {
        let client = Client::open(self.url.as_str()).expect("a URL");
        let connection = client.get_multiplexed_async_connection().await;
        let mut connection = connection.expect("connected");
        let keys: Vec<String> = cmd("KEYS")
            .arg("*")
            .query_async(&mut connection)
            .await
            .expect("keys");
        let mut dump = Vec::new();
        for key in keys {
            let kind: String = cmd("TYPE")
                .arg(&key)
                .query_async(&mut connection)
                .await
                .expect("a type");
            let read = match kind.as_str() {
                // The key has expired meanwhile.
                "none" => continue,
                "string" => "GET",
                "hash" => "HGETALL",
                other => panic!("{key} is a {other}, which this function does not read"),
            };
            let values: Vec<String> = cmd(read)
                .arg(&key)
                .query_async(&mut connection)
                .await
                .expect("a value");
            dump.push(format!("{key} = {}", values.join(" ")));
        }
        dump.join("\n")
    }

    /// Runs a command of another client.
    pub async fn run(&self, command: &Cmd) {
        let client = Client::open(self.url.as_str()).expect("a URL");
        let connection = client.get_multiplexed_async_connection().await;
        let mut connection = connection.expect("connected");
        let () = command.query_async(&mut connection).await.expect("done");
    }

    /// Returns its version.
    pub async fn version(&self) -> String {
        self.info("redis_version:").await.expect("a version")
    }

    async fn process_id(&self) -> RedisResult<u32> {
        let number = self.info("process_id:").await?;
        Ok(number.parse().expect("the number of a process"))
    }

    /// Returns a field of its `INFO`.
    async fn info(&self, name: &str) -> RedisResult<String> {
        let client = Client::open(self.url.as_str())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        let info: String = cmd("INFO")
            .arg("server")
            .query_async(&mut connection)
            .await?;
        let value = info.lines().find_map(|line| line.strip_prefix(name));
        Ok(value.expect("a field of that name").trim().to_owned())
    }

    async fn signal(&self, name: &str) -> u32 {
        assert!(self.server.is_some(), "another server cannot be stopped");
        let number = self.process_id().await.expect("a running server");
        send(name, number);
        number
    }
}

/// A suspended server, which resumes when this is dropped.
#[must_use]
pub struct FreezeGuard(u32);

impl Drop for FreezeGuard {
    fn drop(&mut self) {
        send("CONT", self.0);
    }
}

fn send(signal: &str, process: u32) {
    let sent = Command::new("sh")
        .args(["-c", "kill -\"$1\" \"$2\"", "kill", signal])
        .arg(process.to_string())
        .status();
    assert!(sent.expect("a shell").success(), "the signal was not sent");
}

#[async_trait]
impl TestServer for Redis {
    async fn version(&self) -> String {
        Self::version(self).await
    }

    async fn namespace(&self) -> Namespace {
        let RedisPlace { url, namespace } = self.fresh();
        Namespace {
            name: namespace.clone(),
            settings: vec![("URL", url), ("NAMESPACE", namespace)],
        }
    }

    async fn remove(&self, name: &str) -> bool {
        let client = Client::open(self.url.as_str()).expect("a URL");
        let connection = client.get_multiplexed_async_connection().await;
        let mut connection = connection.expect("connected");
        let pattern = format!("{name}:*");
        let (mut cursor, mut removed) = (0_u64, 0_u64);
        loop {
            let mut scan = cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(&pattern);
            scan.arg("COUNT").arg(1_000);
            let page = scan.query_async(&mut connection).await;
            let (next, keys): (u64, Vec<String>) = page.expect("scan the keys");
            if !keys.is_empty() {
                let deleted = cmd("DEL").arg(&keys).query_async(&mut connection).await;
                let deleted: u64 = deleted.expect("delete the keys");
                removed += deleted;
            }
            if next == 0 {
                return removed > 0;
            }
            cursor = next;
        }
    }
}
