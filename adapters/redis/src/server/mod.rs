//! The server, and the one connection that all commands share.

mod dial;
mod pause;
mod supervise;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use redis::{Client, Cmd, ErrorKind, FromRedisValue, RedisError, aio::MultiplexedConnection};
use tenantry_application::ports::{IdGenerator, PortError};
use tokio::{sync::watch, time::timeout};
use tokio_util::task::AbortOnDropHandle;

pub(crate) use self::pause::Pause;
use crate::error::{is_refusal, port_error, unavailable};

/// The most that anyone waits for an answer.
const ANSWER: Duration = Duration::from_millis(200);

/// The most that a connection may take, with the login and a first command.
pub(crate) const DIAL: Duration = Duration::from_secs(1);

/// So many failures in a row, and the server counts as away.
const FAILURES: u32 = 3;

/// Where the server is, and what is ours in it.
#[derive(Clone)]
pub struct RedisOptions {
    /// `redis://user:password@host:6379/0`, or `rediss://` with TLS.
    pub url: String,
    /// Begins the name of every key and channel, so that several installations
    /// can share a server.
    pub namespace: String,
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

/// A server that may be away at any time.
///
/// Whoever asks waits 200 ms at most. After a broken connection or three
/// failures in a row the server counts as away: questions then fail at once,
/// and a task of its own looks for it, ever more rarely, up to every two
/// seconds. It ends when the last owner drops this.
pub struct RedisServer {
    link: Arc<Link>,
    _supervisor: AbortOnDropHandle<()>,
}

/// What those who ask share with the supervisor.
pub(crate) struct Link {
    client: Client,
    /// Its host and port, for logs and errors.
    address: String,
    namespace: String,
    ids: Arc<dyn IdGenerator>,
    line: watch::Sender<Option<Line>>,
}

/// An open connection.
#[derive(Clone)]
struct Line {
    connection: MultiplexedConnection,
    /// Since the last good answer.
    failures: Arc<AtomicU32>,
}

impl RedisServer {
    /// Looks for the server once, for a second. One that cannot be reached is
    /// looked for in the background; an error is one that will not go away by
    /// itself: a wrong login, a database that is not there, a URL of something
    /// else. It names the server's address, never the login.
    pub async fn connect(
        options: &RedisOptions,
        ids: Arc<dyn IdGenerator>,
    ) -> Result<Self, PortError> {
        let client = dial::client(&options.url)?;
        let link = Arc::new(Link {
            address: client.get_connection_info().addr().to_string(),
            client,
            namespace: options.namespace.clone(),
            ids,
            line: watch::Sender::new(None),
        });
        match link.dial().await {
            Ok(connection) => link.open(connection),
            Err(error) if is_refusal(&error) => {
                let what = format!(
                    "the Redis server at {} refuses this service; \
                     check user, password and database of its URL",
                    link.address
                );
                return Err(port_error(what, error));
            }
            Err(error) => {
                tracing::warn!(
                    server.address = link.address,
                    %error,
                    "the Redis server cannot be reached; it is looked for, and each process \
                     goes by what it knows itself"
                );
            }
        }
        let supervisor = tokio::spawn(supervise::supervise(Arc::clone(&link)));
        Ok(Self {
            link,
            _supervisor: AbortOnDropHandle::new(supervisor),
        })
    }

    /// The full name of a key or channel.
    pub(crate) fn name(&self, name: &str) -> String {
        self.link.name(name)
    }

    /// Sends a command and waits a moment for its answer.
    pub(crate) async fn ask<T: FromRedisValue>(
        &self,
        context: &str,
        command: &Cmd,
    ) -> Result<T, PortError> {
        self.link.ask(context, command).await
    }

    /// Asks for a sign of life.
    pub(crate) async fn probe(&self) -> Result<(), PortError> {
        self.link.probe().await
    }

    pub(crate) fn link(&self) -> &Arc<Link> {
        &self.link
    }
}

impl Link {
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}:{name}", self.namespace)
    }

    pub(crate) async fn ask<T: FromRedisValue>(
        &self,
        context: &str,
        command: &Cmd,
    ) -> Result<T, PortError> {
        let line = self.line.borrow().clone();
        let mut line = line.ok_or_else(|| unavailable(format!("{context}: the server is away")))?;
        let asked = timeout(ANSWER, command.query_async(&mut line.connection)).await;
        match asked {
            Ok(Ok(answer)) => {
                line.failures.store(0, Ordering::Relaxed);
                Ok(answer)
            }
            Ok(Err(error)) => {
                self.failed(&line, error.is_unrecoverable_error(), &error);
                Err(port_error(context, error))
            }
            Err(_) => {
                let error = late();
                self.failed(&line, false, &error);
                Err(port_error(context, error))
            }
        }
    }

    /// Writes something, so that a server that only reads is noticed too.
    pub(crate) async fn probe(&self) -> Result<(), PortError> {
        self.ask("ask for a sign of life", &dial::sign_of_life(self))
            .await
    }

    /// A connection through which the server may be asked from now on.
    fn open(&self, connection: MultiplexedConnection) {
        let failures = Arc::default();
        self.line.send_replace(Some(Line {
            connection,
            failures,
        }));
    }

    /// Counts a failure of a connection; one too many closes it.
    fn failed(&self, failing: &Line, is_broken: bool, error: &RedisError) {
        let failures = failing.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if !is_broken && failures < FAILURES {
            return;
        }
        let is_it = |line: &mut Line| Arc::ptr_eq(&line.failures, &failing.failures);
        let is_closed = self
            .line
            .send_if_modified(|line| line.take_if(is_it).is_some());
        if is_closed {
            tracing::warn!(
                server.address = self.address,
                %error,
                "the Redis server is away; each process goes by what it knows itself"
            );
        }
    }

    fn is_away(&self) -> bool {
        self.line.borrow().is_none()
    }

    /// Waits until the server is there.
    pub(crate) async fn here(&self) {
        let mut line = self.line.subscribe();
        // The sender is this link's own.
        drop(line.wait_for(Option::is_some).await);
    }

    /// Waits until the server is away.
    pub(crate) async fn away(&self) {
        let mut line = self.line.subscribe();
        drop(line.wait_for(Option::is_none).await);
    }

    /// A pause between two tries that grows.
    pub(crate) fn pause(&self) -> Pause {
        Pause::new(Arc::clone(&self.ids))
    }
}

/// An answer that did not come.
pub(crate) fn late() -> RedisError {
    RedisError::from((ErrorKind::Io, "no answer in time"))
}
