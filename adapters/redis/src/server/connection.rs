//! The connection that all commands share, and its state.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, RedisError,
    aio::{MultiplexedConnection, PubSub},
    cmd,
};
use tenantry_application::ports::{IdGenerator, PortError};
use tokio::{sync::watch, time::timeout};

use super::backoff::Backoff;
use crate::error::{port_error, unavailable};

/// The maximum wait for a response.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(200);

/// The time limit for connecting, including authentication and a first command.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The number of consecutive failures after which the connection is closed.
const MAX_FAILURES: u32 = 3;

/// The expiry of the heartbeat key, in milliseconds.
const HEARTBEAT_TTL: u64 = 1000;

/// The connection shared by all commands and the supervisor, open or not.
pub(crate) struct SharedConnection {
    client: Client,
    /// The host and port, for logs and errors.
    address: String,
    namespace: String,
    ids: Arc<dyn IdGenerator>,
    current: watch::Sender<Option<Connection>>,
}

/// An open connection.
#[derive(Clone)]
struct Connection {
    inner: MultiplexedConnection,
    /// The number of failures since the last successful response.
    failures: Arc<AtomicU32>,
}

impl SharedConnection {
    /// Creates the connection in its closed state.
    pub(super) fn new(client: Client, namespace: String, ids: Arc<dyn IdGenerator>) -> Self {
        Self {
            address: client.get_connection_info().addr().to_string(),
            client,
            namespace,
            ids,
            current: watch::Sender::new(None),
        }
    }

    /// Returns the server's host and port.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Returns the full name of a key or channel.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}:{name}", self.namespace)
    }

    /// Sends a command and waits up to 200 ms for the response.
    pub(crate) async fn query<T: FromRedisValue>(
        &self,
        context: &str,
        command: &Cmd,
    ) -> Result<T, PortError> {
        let connection = self.current.borrow().clone();
        let mut connection = connection
            .ok_or_else(|| unavailable(format!("{context}: the Redis server is unreachable")))?;
        let response = timeout(RESPONSE_TIMEOUT, command.query_async(&mut connection.inner)).await;
        match response {
            Ok(Ok(value)) => {
                connection.failures.store(0, Ordering::Relaxed);
                Ok(value)
            }
            Ok(Err(error)) => {
                self.record_failure(&connection, error.is_unrecoverable_error(), &error);
                Err(port_error(context, error))
            }
            Err(_) => {
                let error = timeout_error();
                self.record_failure(&connection, false, &error);
                Err(port_error(context, error))
            }
        }
    }

    /// Sends a heartbeat. It writes, so that a read-only server fails too.
    pub(crate) async fn probe(&self) -> Result<(), PortError> {
        self.query("send a heartbeat", &self.heartbeat()).await
    }

    /// Opens a connection and sends a heartbeat over it.
    pub(super) async fn connect(&self) -> Result<(), RedisError> {
        // Each command has its own timeout.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let connect = async {
            let connect = self
                .client
                .get_multiplexed_async_connection_with_config(&config);
            let mut connection = connect.await?;
            let () = self.heartbeat().query_async(&mut connection).await?;
            Ok(connection)
        };
        let inner = timeout(CONNECT_TIMEOUT, connect)
            .await
            .unwrap_or_else(|_| Err(timeout_error()))?;
        self.current.send_replace(Some(Connection {
            inner,
            failures: Arc::default(),
        }));
        Ok(())
    }

    /// Opens a separate connection that subscribes to a channel.
    pub(crate) async fn subscribe(&self, channel: &str) -> Result<PubSub, RedisError> {
        let connect = async {
            let mut connection = self.client.get_async_pubsub().await?;
            connection.subscribe(self.name(channel)).await?;
            Ok(connection)
        };
        timeout(CONNECT_TIMEOUT, connect)
            .await
            .unwrap_or_else(|_| Err(timeout_error()))
    }

    /// Returns a command that succeeds only on a writable server that lets this
    /// user run scripts.
    fn heartbeat(&self) -> Cmd {
        let mut set = cmd("EVAL");
        set.arg("return redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])")
            .arg(1)
            .arg(self.name("alive"))
            .arg(HEARTBEAT_TTL);
        set
    }

    /// Counts a failure of `failed`, and closes it once it has too many.
    fn record_failure(&self, failed: &Connection, is_broken: bool, error: &RedisError) {
        let failures = failed.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if !is_broken && failures < MAX_FAILURES {
            return;
        }
        let is_failed = |current: &mut Connection| Arc::ptr_eq(&current.failures, &failed.failures);
        let is_closed = self
            .current
            .send_if_modified(|current| current.take_if(is_failed).is_some());
        if is_closed {
            tracing::warn!(
                server.address = self.address,
                %error,
                "lost the connection to the Redis server; using per-process state until it is back"
            );
        }
    }

    /// Returns whether the connection is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.current.borrow().is_none()
    }

    /// Waits until the connection is open.
    pub(crate) async fn wait_until_open(&self) {
        let mut current = self.current.subscribe();
        // The sender lives as long as `self`.
        drop(current.wait_for(Option::is_some).await);
    }

    /// Waits until the connection is closed.
    pub(crate) async fn wait_until_closed(&self) {
        let mut current = self.current.subscribe();
        drop(current.wait_for(Option::is_none).await);
    }

    /// Returns a backoff for reconnection attempts.
    pub(crate) fn backoff(&self) -> Backoff {
        Backoff::new(Arc::clone(&self.ids))
    }
}

/// Returns the error of a response that did not arrive in time.
pub(crate) fn timeout_error() -> RedisError {
    RedisError::from((ErrorKind::Io, "no response in time"))
}
