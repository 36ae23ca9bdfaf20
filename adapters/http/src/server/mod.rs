//! The HTTP server: an accept loop of its own below poem.
//!
//! poem's listener sets no `TCP_NODELAY`, has no time limit for heads, spins
//! on accept errors and cancels handlers whose client goes away. This one
//! speaks HTTP/1.1 and HTTP/2 (with prior knowledge, as proxies do) and
//!
//! - caps connections, the size of heads and the streams of a connection;
//! - sheds slow heads, idle connections, and bodies that stand still;
//! - backs off when the process has no more file descriptors;
//! - lets handlers run to their end whatever the client does;
//! - stops gracefully: idle connections close at once, what is under way
//!   finishes within a grace time.

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

/// Waits between attempts to accept while the system has no room.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Serves an endpoint on a listener.
#[derive(Debug, Clone)]
pub struct Server {
    options: ServerOptions,
    open: Arc<AtomicUsize>,
}

impl Server {
    /// A server with these limits.
    pub fn new(options: ServerOptions) -> Self {
        Self {
            options,
            open: Arc::new(AtomicUsize::new(0)),
        }
    }

    /// How many connections are open now.
    pub fn connections(&self) -> usize {
        self.open.load(Relaxed)
    }

    /// Serves until `shutdown` is cancelled, then drains: no connection is
    /// accepted any more, idle ones close at once, requests under way get the
    /// grace time to finish. What is left then is cut.
    pub async fn serve<E>(
        &self,
        listener: TcpListener,
        endpoint: E,
        shutdown: CancellationToken,
    ) -> io::Result<()>
    where
        E: Endpoint<Output = Response> + 'static,
    {
        let shared = Arc::new(connection::Shared {
            endpoint,
            options: self.options.clone(),
            http1: connection::http1(&self.options),
            http2: connection::http2(&self.options),
            tracker: TaskTracker::new(),
            shutdown: shutdown.clone(),
            cut: CancellationToken::new(),
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
            let open = Open::new(&self.open);
            let connection = connection::serve(Arc::clone(&shared), stream, peer);
            shared.tracker.spawn(async move {
                connection.await;
                drop((open, permit));
            });
        }
        // New connections are refused from here on, not left waiting.
        drop(listener);
        self.drain(&shared).await;
        Ok(())
    }

    async fn drain<E>(&self, shared: &connection::Shared<E>) {
        let tracker = &shared.tracker;
        tracker.close();
        tracing::info!(server.connections = self.connections(), "draining");
        if timeout(self.options.shutdown_grace, tracker.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                server.connections = self.connections(),
                "grace time is over, closing what is left"
            );
            shared.cut.cancel();
        }
    }
}

/// Counts a connection as long as it lives.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Accepts, pausing longer and longer while that fails.
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
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    let pause = self.longer();
                    tracing::error!(%error, pause.ms = pause.as_millis(), "cannot accept connections");
                    sleep(pause).await;
                }
            }
        }
    }

    fn longer(&mut self) -> Duration {
        let pause = self
            .pause
            .map_or(FIRST_PAUSE, |pause| (pause * 2).min(LONGEST_PAUSE));
        self.pause = Some(pause);
        pause
    }
}

/// Errors that end the connection being accepted and say nothing about the
/// next one.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}
