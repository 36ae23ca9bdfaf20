//! The HTTP server: a custom accept loop below poem.
//!
//! poem's listener does not set `TCP_NODELAY`, has no timeout for request
//! heads, spins on accept errors and cancels handlers when the client
//! disconnects. This server supports HTTP/1.1 and HTTP/2 with prior knowledge
//! (as proxies use it) and
//!
//! - limits connections, in all and per client network, the size of heads and
//!   the streams per connection;
//! - times out slow heads, idle connections and stalled bodies, also on HTTP/2
//!   streams;
//! - backs off when the process runs out of file descriptors;
//! - completes handlers whose client has disconnected;
//! - shuts down gracefully: idle connections close immediately, running
//!   requests have a grace period.

mod activity;
mod body;
mod connection;
mod connections;
mod detach;
mod head;
mod hold;
mod options;
mod pace;
mod socket;
mod streams;

#[cfg(test)]
mod tests;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use poem::{Endpoint, Response};
use tenantry_domain::ClientNetwork;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{activity::Activity, connections::Connections};

pub use connection::ReservedConnection;
pub use detach::HandlerStart;
pub use head::OversizedHead;
pub use hold::{ResponseAbort, ResponseHold};
pub use options::ServerOptions;

/// The first and the longest pause after a failed accept.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A server of one endpoint.
#[derive(Clone)]
pub struct Server {
    options: ServerOptions,
    connections: Connections,
}

impl Server {
    /// Creates a server with these limits.
    pub fn new(options: ServerOptions) -> Self {
        let connections =
            Connections::new(options.max_connections, options.connections_per_network);
        Self {
            options,
            connections,
        }
    }

    /// Returns the number of open connections.
    pub fn connections(&self) -> usize {
        self.connections.count()
    }

    /// Serves until `shutdown` is cancelled, then drains: new connections are
    /// refused, idle ones close, and running requests have the grace period to
    /// finish. The remaining connections are then closed.
    ///
    /// # Errors
    ///
    /// Fails when the listener has no local address.
    pub async fn serve<E>(
        &self,
        listener: TcpListener,
        endpoint: E,
        shutdown: CancellationToken,
    ) -> io::Result<()>
    where
        E: Endpoint<Output = Response> + 'static,
    {
        let shared = Arc::new(connection::SharedState {
            endpoint,
            options: self.options.clone(),
            http1: connection::http1(&self.options),
            http2: connection::http2(&self.options),
            tracker: TaskTracker::new(),
            shutdown: shutdown.clone(),
            abort: CancellationToken::new(),
        });
        let mut backoff = Backoff::default();
        tracing::info!(server.address = %listener.local_addr()?, "listening");
        loop {
            let (stream, peer) = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                next = backoff.accept(&listener) => next,
            };
            let activity = Activity::new(&self.options);
            let Some(open) = self.connections.open(self.network(peer), &activity) else {
                tracing::debug!(peer.address = %peer, "connection refused: too many are open");
                continue;
            };
            let shared = Arc::clone(&shared);
            let tracker = shared.tracker.clone();
            tracker.spawn(connection::serve(shared, activity, open, stream, peer));
        }
        // From here on, new connections are refused instead of queued.
        drop(listener);
        self.drain(&shared).await;
        Ok(())
    }

    /// Returns the network whose share of connections a peer uses; `None` for a
    /// proxy.
    fn network(&self, peer: SocketAddr) -> Option<ClientNetwork> {
        let address = peer.ip().to_canonical();
        let mut proxies = self.options.trusted_proxies.iter();
        (!proxies.any(|proxy| proxy.contains(&address))).then(|| ClientNetwork::of(address))
    }

    async fn drain<E>(&self, shared: &connection::SharedState<E>) {
        let tracker = &shared.tracker;
        tracker.close();
        tracing::info!(server.connections = self.connections(), "draining");
        if timeout(self.options.shutdown_grace, tracker.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                server.connections = self.connections(),
                "grace period expired, closing remaining connections"
            );
            shared.abort.cancel();
        }
    }
}

/// Accepts connections with exponential backoff on failure.
#[derive(Debug, Default)]
struct Backoff {
    pause: Option<Duration>,
}

impl Backoff {
    async fn accept(&mut self, listener: &TcpListener) -> (TcpStream, SocketAddr) {
        loop {
            match listener.accept().await {
                Ok(accepted) => {
                    self.pause = None;
                    return accepted;
                }
                Err(error) if concerns_one_connection(&error) => {}
                Err(error) => {
                    let pause = self.next_pause();
                    tracing::error!(%error, pause.ms = pause.as_millis(), "accepting a connection failed, pausing");
                    sleep(pause).await;
                }
            }
        }
    }

    fn next_pause(&mut self) -> Duration {
        let pause = self
            .pause
            .map_or(FIRST_PAUSE, |pause| (pause * 2).min(LONGEST_PAUSE));
        self.pause = Some(pause);
        pause
    }
}

/// Tests whether an error concerns only the connection being accepted.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}
