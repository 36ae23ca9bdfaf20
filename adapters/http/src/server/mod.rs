//! The HTTP server: a custom accept loop below poem.
//!
//! poem's listener does not set `TCP_NODELAY`, has no timeout for request
//! heads, spins on accept errors and cancels handlers when the client
//! disconnects. This server supports HTTP/1.1 and HTTP/2 with prior knowledge
//! (as proxies use it) and
//!
//! - limits connections, the size of heads and the streams per connection;
//! - times out slow heads, idle connections and stalled bodies;
//! - backs off when the process runs out of file descriptors;
//! - completes handlers whose client has disconnected;
//! - shuts down gracefully: idle connections close immediately, running
//!   requests have a grace period.

mod activity;
mod body;
mod connection;
mod detach;
mod options;
mod pace;
mod socket;

#[cfg(test)]
mod tests;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use poem::{Endpoint, Response};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use options::ServerOptions;

/// The first and the longest pause after a failed accept.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A server of one endpoint.
#[derive(Debug, Clone)]
pub struct Server {
    options: ServerOptions,
    open: Arc<AtomicUsize>,
}

impl Server {
    /// Creates a server with these limits.
    pub fn new(options: ServerOptions) -> Self {
        Self {
            options,
            open: Arc::new(AtomicUsize::new(0)),
        }
    }

    /// Returns the number of open connections.
    pub fn connections(&self) -> usize {
        self.open.load(Relaxed)
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
        let permits = Arc::new(Semaphore::new(self.options.max_connections));
        let mut backoff = Backoff::default();
        tracing::info!(server.address = %listener.local_addr()?, "listening");
        loop {
            let next = async {
                let permit = Arc::clone(&permits).acquire_owned().await;
                (permit, backoff.accept(&listener).await)
            };
            let (permit, (stream, peer)) = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                next = next => next,
            };
            let open = OpenConnection::new(&self.open);
            let connection = connection::serve(Arc::clone(&shared), stream, peer);
            shared.tracker.spawn(async move {
                connection.await;
                drop((open, permit));
            });
        }
        // From here on, new connections are refused instead of queued.
        drop(listener);
        self.drain(&shared).await;
        Ok(())
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

/// A guard that counts one open connection.
struct OpenConnection(Arc<AtomicUsize>);

impl OpenConnection {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
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
