//! Construction of the Redis client.

use redis::{
    Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisError, io::tcp::TcpSettings,
};
use tenantry_application::ports::PortError;

use crate::error::port_error;

/// Creates a client for a URL without connecting.
pub(super) fn from_url(url: &str) -> Result<Client, PortError> {
    let invalid = |error: RedisError| port_error("the Redis server's URL is not valid", error);
    let info: ConnectionInfo = url.into_connection_info().map_err(invalid)?;
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    if let ConnectionAddr::TcpTls { .. } = info.addr() {
        // Fails if a default provider is already installed, which works as well.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    }
    Client::open(info).map_err(invalid)
}
