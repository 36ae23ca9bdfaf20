//! Supervision of the connection: heartbeats while it is open, reconnection
//! while it is closed.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{backoff::Backoff, connection::SharedConnection};

/// The interval between heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// The uptime after which the backoff is reset.
const STABLE: Duration = Duration::from_secs(10);

/// Supervises the connection; never returns.
pub(super) async fn supervise(connection: Arc<SharedConnection>) {
    let mut backoff = connection.backoff();
    loop {
        if connection.is_closed() {
            reconnect(&connection, &mut backoff).await;
            tracing::info!(
                server.address = connection.address(),
                "reconnected to the Redis server"
            );
        }
        let since = Instant::now();
        send_heartbeats(&connection).await;
        if since.elapsed() > STABLE {
            backoff.reset();
        }
    }
}

/// Retries until the connection is open.
async fn reconnect(connection: &SharedConnection, backoff: &mut Backoff) {
    loop {
        backoff.wait().await;
        match connection.connect().await {
            Ok(()) => return,
            Err(error) => tracing::debug!(
                server.address = connection.address(),
                %error,
                "cannot reconnect to the Redis server"
            ),
        }
    }
}

/// Sends heartbeats until the connection is closed.
async fn send_heartbeats(connection: &SharedConnection) {
    loop {
        tokio::select! {
            () = connection.wait_until_closed() => return,
            () = sleep(HEARTBEAT) => {}
        }
        // The failure counts towards closing the connection.
        if let Err(error) = connection.probe().await {
            tracing::debug!(%error, "heartbeat failed");
        }
    }
}
