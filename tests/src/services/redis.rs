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
use crate::harness::until;

/// Where one may be that is used instead of one of our own.
const URL: &str = "TENANTRY_TEST_REDIS_URL";

/// Namespaces of this run; a server that was given may be somebody else's too.
static NAMESPACES: AtomicU32 = AtomicU32::new(0);

/// A server.
pub struct Redis {
    port: u16,
    url: String,
    server: Option<Server>,
}

/// A part of a server that nobody uses yet.
#[derive(Debug, Clone)]
pub struct RedisPlace {
    /// The server.
    pub url: String,
    /// What names of keys and channels begin with.
    pub namespace: String,
}

impl Redis {
    /// The server of this run.
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

    /// A server of one test, which it may stop.
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

    /// Starts it, again on the same port and with an empty memory.
    pub async fn start(&mut self) {
        let port = self.port.to_string();
        self.server = Some(Server::start(None, |folder| {
            let mut server = Command::new("redis-server");
            server.args(["--bind", "127.0.0.1", "--port", &port]);
            server.args(["--save", "", "--appendonly", "no", "--dir"]);
            server.arg(folder);
            server
        }));
        let answers = until("Redis answers", async || {
            self.number_of_process().await.ok()
        });
        let answers = tokio::time::timeout(std::time::Duration::from_secs(20), answers).await;
        assert!(
            answers.is_ok(),
            "Redis does not answer (apt-get install redis-server, or set {URL}): {}",
            self.server.as_ref().map(Server::log).unwrap_or_default()
        );
    }

    /// A part of it that nobody uses yet.
    pub fn fresh(&self) -> RedisPlace {
        let number = NAMESPACES.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("t{}-{number}", std::process::id());
        remove_at_exit(URL, &namespace);
        RedisPlace {
            url: self.url.clone(),
            namespace,
        }
    }

    /// The same part by a way that can be slow.
    pub async fn by_slow_way(&self, place: &RedisPlace) -> (FaultProxy, RedisPlace) {
        let way = FaultProxy::to(("127.0.0.1", self.port)).await;
        let slow = RedisPlace {
            url: format!("redis://127.0.0.1:{}/0", way.address().port()),
            namespace: place.namespace.clone(),
        };
        (way, slow)
    }

    /// Ends it at once. Its memory is lost.
    pub async fn kill(&mut self) {
        self.signal("KILL").await;
        let gone = async || self.number_of_process().await.err();
        until("Redis is gone", gone).await;
        self.server = None;
    }

    /// Lets it hang, connections open, until what is returned is told to go on.
    pub async fn freeze(&self) -> Frozen {
        Frozen(self.signal("STOP").await)
    }

    /// Every key and value in it, as text.
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
            let value: Option<String> = cmd("GET")
                .arg(&key)
                .query_async(&mut connection)
                .await
                .expect("a value");
            dump.push(format!("{key} = {}", value.unwrap_or_default()));
        }
        dump.join("\n")
    }

    /// Sends it a command that somebody else might send.
    pub async fn run(&self, command: &Cmd) {
        let client = Client::open(self.url.as_str()).expect("a URL");
        let connection = client.get_multiplexed_async_connection().await;
        let mut connection = connection.expect("connected");
        let () = command.query_async(&mut connection).await.expect("done");
    }

    /// Its version.
    pub async fn version(&self) -> String {
        self.info("redis_version:").await.expect("a version")
    }

    async fn number_of_process(&self) -> RedisResult<u32> {
        let number = self.info("process_id:").await?;
        Ok(number.parse().expect("the number of a process"))
    }

    /// What it says of itself behind a name.
    async fn info(&self, name: &str) -> RedisResult<String> {
        let client = Client::open(self.url.as_str())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        let info: String = cmd("INFO")
            .arg("server")
            .query_async(&mut connection)
            .await?;
        let value = info.lines().find_map(|line| line.strip_prefix(name));
        Ok(value.expect("what is asked for").trim().to_owned())
    }

    async fn signal(&self, name: &str) -> u32 {
        assert!(self.server.is_some(), "this server is not ours");
        let number = self.number_of_process().await.expect("a running server");
        send(name, number);
        number
    }
}

/// A server that hangs; goes on when this is dropped.
#[must_use]
pub struct Frozen(u32);

impl Drop for Frozen {
    fn drop(&mut self) {
        send("CONT", self.0);
    }
}

fn send(signal: &str, process: u32) {
    let sent = Command::new("sh")
        .args(["-c", "kill -\"$1\" \"$2\"", "kill", signal])
        .arg(process.to_string())
        .status();
    assert!(sent.expect("a shell").success(), "no signal was sent");
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
