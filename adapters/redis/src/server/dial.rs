//! Connecting to the server.

use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    RedisError,
    aio::{MultiplexedConnection, PubSub},
    cmd,
    io::tcp::TcpSettings,
};
use tenantry_application::ports::PortError;
use tokio::time::timeout;

use super::{DIAL, Link, late};
use crate::error::port_error;

/// For how long the server keeps a sign of life, in milliseconds.
const KEEP: u64 = 1000;

/// Reads the URL; nothing is sent.
pub(super) fn client(url: &str) -> Result<Client, PortError> {
    let invalid = |error| port_error("the Redis server's URL is not valid", error);
    let info: ConnectionInfo = url.into_connection_info().map_err(invalid)?;
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    if let ConnectionAddr::TcpTls { .. } = info.addr() {
        // Another part may have chosen already; then theirs serves as well.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    }
    Client::open(info).map_err(invalid)
}

/// A command that only a server answers well that takes writes, and runs
/// scripts for this login.
pub(super) fn sign_of_life(link: &Link) -> Cmd {
    let mut set = cmd("EVAL");
    set.arg("return redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])")
        .arg(1)
        .arg(link.name("alive"))
        .arg(KEEP);
    set
}

impl Link {
    /// Opens a connection and tries it.
    pub(super) async fn dial(&self) -> Result<MultiplexedConnection, RedisError> {
        // Each question has its own bound.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let dial = async {
            let open = self
                .client
                .get_multiplexed_async_connection_with_config(&config);
            let mut connection = open.await?;
            let () = sign_of_life(self).query_async(&mut connection).await?;
            Ok(connection)
        };
        timeout(DIAL, dial).await.unwrap_or_else(|_| Err(late()))
    }

    /// Opens a connection that hears what is published under a name.
    pub(crate) async fn listen(&self, name: &str) -> Result<PubSub, RedisError> {
        let dial = async {
            let mut connection = self.client.get_async_pubsub().await?;
            connection.subscribe(self.name(name)).await?;
            Ok(connection)
        };
        timeout(DIAL, dial).await.unwrap_or_else(|_| Err(late()))
    }
}
