//! The Redis server: configuration, connection and reconnection.

mod backoff;
mod client;
mod connection;
mod supervise;

use std::{fmt, sync::Arc};

use redis::{Cmd, FromRedisValue};
use tenantry_application::ports::{IdGenerator, PortError};
use tokio_util::task::AbortOnDropHandle;

pub(crate) use self::connection::{CONNECT_TIMEOUT, SharedConnection, timeout_error};
use crate::error::{is_permanent, port_error};

/// The address of the server, and the names used there.
#[derive(Clone)]
pub struct RedisOptions {
    /// `redis://user:password@host:6379/0`, or `rediss://` with TLS.
    pub url: String,
    /// The prefix of every key and channel, so that several installations can
    /// share a server.
    pub namespace: String,
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

/// A server that may be unreachable at any time.
///
/// A command waits 200 ms at most. After a broken connection or three
/// consecutive failures the connection is closed: commands then fail
/// immediately, and a background task reconnects with a backoff of up to two
/// seconds. Dropping the server ends the task.
pub struct RedisServer {
    connection: Arc<SharedConnection>,
    _supervisor: AbortOnDropHandle<()>,
}

impl RedisServer {
    /// Connects within one second. If the server is unreachable, reconnects in
    /// the background. Returns an error only where retrying cannot help: wrong
    /// credentials, a missing database, an invalid URL. The error contains the
    /// server's address, never the credentials.
    pub async fn connect(
        options: &RedisOptions,
        ids: Arc<dyn IdGenerator>,
    ) -> Result<Self, PortError> {
        let client = client::from_url(&options.url)?;
        let connection = SharedConnection::new(client, options.namespace.clone(), ids);
        match connection.connect().await {
            Ok(()) => {}
            Err(error) if is_permanent(&error) => {
                let context = format!(
                    "the Redis server at {} refused the connection; \
                     check user, password and database in the URL",
                    connection.address()
                );
                return Err(port_error(context, error));
            }
            Err(error) => {
                tracing::warn!(
                    server.address = connection.address(),
                    %error,
                    "cannot reach the Redis server; using per-process state until it is back"
                );
            }
        }
        let connection = Arc::new(connection);
        let supervisor = tokio::spawn(supervise::supervise(Arc::clone(&connection)));
        Ok(Self {
            connection,
            _supervisor: AbortOnDropHandle::new(supervisor),
        })
    }

    /// Returns the full name of a key or channel.
    pub(crate) fn name(&self, name: &str) -> String {
        self.connection.name(name)
    }

    /// Sends a command and waits up to 200 ms for the response.
    pub(crate) async fn query<T: FromRedisValue>(
        &self,
        context: &str,
        command: &Cmd,
    ) -> Result<T, PortError> {
        self.connection.query(context, command).await
    }

    /// Sends a heartbeat.
    pub(crate) async fn probe(&self) -> Result<(), PortError> {
        self.connection.probe().await
    }

    /// Returns the shared connection.
    pub(crate) fn connection(&self) -> &Arc<SharedConnection> {
        &self.connection
    }
}
