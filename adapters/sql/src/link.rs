//! The connections to a database, and the detection of outages.
//!
//! A file is always available. A server may be unreachable, slow or hang, and
//! callers must learn so quickly. A read has a timeout. A timeout or a broken
//! connection starts a probe that opens new connections. While the probe fails,
//! every operation fails immediately; once it succeeds, the new connections
//! replace the old ones, which may never respond again. A writer that may retry
//! replaces broken connections itself.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};
use tenantry_application::ports::{PortError, PortErrorKind};
use tokio::{
    sync::{Mutex, watch},
    time::{sleep, timeout},
};

use crate::error::{self, port_error};

/// The timeout for opening connections.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The pause between two attempts of a probe.
const PAUSE: Duration = Duration::from_millis(500);
/// The timeout for closing replaced connections.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Begins a transaction behind a pooler: another client, whose statements have the
/// same names, may have used the process of the server.
pub(crate) const FORGET_STATEMENTS: &str = "DEALLOCATE ALL";

/// Opens new connections.
pub(crate) type Open = Box<dyn Fn() -> OpenFuture + Send + Sync>;
type OpenFuture = Pin<Box<dyn Future<Output = Result<Pools, DbErr>> + Send>>;

/// Separate pools, so that reads do not wait for writes or the reverse.
#[derive(Debug)]
pub(crate) struct Pools {
    pub(crate) read: DatabaseConnection,
    pub(crate) write: DatabaseConnection,
}

impl Pools {
    async fn close(self) -> Result<(), DbErr> {
        let closed = self.read.close().await;
        self.write.close().await?;
        closed
    }
}

/// The connections to a database.
pub(crate) struct Link {
    pools: RwLock<Pools>,
    /// The number of replacements of the pools.
    generation: AtomicU64,
    server: Option<Server>,
    is_closed: AtomicBool,
}

struct Server {
    open: Open,
    read_timeout: Duration,
    /// Whether a pooler shares its connections between transactions.
    is_pooled: bool,
    is_down: watch::Sender<bool>,
    is_probing: AtomicBool,
    /// Serializes the replacement of broken connections.
    replacing: Mutex<()>,
}

/// The reason for a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suspicion {
    /// No connection was free: the server may just be busy.
    Busy,
    /// A connection broke or did not respond.
    Broken,
}

impl Link {
    /// Creates the link to a file, whose writer has a separate connection.
    pub(crate) fn to_file(read: DatabaseConnection) -> Arc<Self> {
        let write = read.clone();
        Arc::new(Self {
            pools: RwLock::new(Pools { read, write }),
            generation: AtomicU64::new(0),
            server: None,
            is_closed: AtomicBool::new(false),
        })
    }

    /// Connects to a server, with a timeout for reads. If it is pooled, every
    /// statement needs a transaction.
    pub(crate) async fn to_server(
        open: Open,
        read_timeout: Duration,
        is_pooled: bool,
    ) -> Result<Arc<Self>, DbErr> {
        let pools = open().await?;
        let server = Server {
            open,
            read_timeout,
            is_pooled,
            is_down: watch::Sender::new(false),
            is_probing: AtomicBool::new(false),
            replacing: Mutex::new(()),
        };
        Ok(Arc::new(Self {
            pools: RwLock::new(pools),
            generation: AtomicU64::new(0),
            server: Some(server),
            is_closed: AtomicBool::new(false),
        }))
    }

    /// Returns the current pool for reads.
    pub(crate) fn read_pool(&self) -> DatabaseConnection {
        self.pools().read.clone()
    }

    /// Returns the current pool for writes.
    pub(crate) fn write_pool(&self) -> DatabaseConnection {
        self.pools().write.clone()
    }

    /// Returns whether a pooler shares connections between transactions, so that
    /// every statement needs one.
    pub(crate) fn is_pooled(&self) -> bool {
        self.server.as_ref().is_some_and(|server| server.is_pooled)
    }

    /// Begins a transaction for reads, with settings as its first statement.
    pub(crate) async fn begin_read(
        &self,
        settings: Option<&str>,
    ) -> Result<DatabaseTransaction, DbErr> {
        self.begin(&self.read_pool(), settings).await
    }

    /// Begins a transaction for writes.
    pub(crate) async fn begin_write(&self) -> Result<DatabaseTransaction, DbErr> {
        self.begin(&self.write_pool(), None).await
    }

    async fn begin(
        &self,
        db: &DatabaseConnection,
        settings: Option<&str>,
    ) -> Result<DatabaseTransaction, DbErr> {
        let transaction = db.begin().await?;
        let forget = self.is_pooled().then_some(FORGET_STATEMENTS);
        let first: Vec<_> = settings.into_iter().chain(forget).collect();
        if !first.is_empty() {
            transaction.execute_unprepared(&first.join("; ")).await?;
        }
        Ok(transaction)
    }

    /// Returns the generation of the pools, for [`Self::replace_broken`].
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Replaces the pools unless they are newer than `generation`, in which a
    /// connection was broken. Returns whether a retry has new connections.
    pub(crate) async fn replace_broken(&self, generation: u64) -> bool {
        let Some(server) = &self.server else {
            return false;
        };
        // Connections that broke together are replaced once.
        let _replacing = server.replacing.lock().await;
        if self.generation() == generation {
            let Ok(Ok(pools)) = timeout(CONNECT_TIMEOUT, (server.open)()).await else {
                return false;
            };
            close_later(self.replace(pools));
        }
        true
    }

    fn pools(&self) -> RwLockReadGuard<'_, Pools> {
        self.pools.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the pool for reads, and stops probing.
    pub(crate) async fn close_read_pool(&self) -> Result<(), DbErr> {
        self.is_closed.store(true, Ordering::Release);
        self.read_pool().close().await
    }

    /// Closes the pool for writes.
    pub(crate) async fn close_write_pool(&self) -> Result<(), DbErr> {
        self.write_pool().close().await
    }

    /// Runs a read within `timeouts` times the read timeout.
    pub(crate) async fn read<T>(
        self: &Arc<Self>,
        timeouts: u32,
        context: impl Into<String>,
        read: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, PortError> {
        let result = self.bounded(timeouts, read).await?;
        result.map_err(|error| self.failed(context, error))
    }

    /// Runs work within `timeouts` times the read timeout.
    pub(crate) async fn bounded<T>(
        self: &Arc<Self>,
        timeouts: u32,
        work: impl Future<Output = T>,
    ) -> Result<T, PortError> {
        let Some(server) = &self.server else {
            return Ok(work.await);
        };
        let mut is_down = server.is_down.subscribe();
        let outage = async {
            // The sender lives as long as this link.
            drop(is_down.wait_for(|is_down| *is_down).await);
        };
        tokio::select! {
            biased;
            () = outage => Err(unresponsive()),
            result = timeout(server.read_timeout * timeouts, work) => result.map_err(|_| {
                self.suspect(Suspicion::Broken);
                unresponsive()
            }),
        }
    }

    /// Converts an error; one of the connection starts a probe.
    pub(crate) fn failed(self: &Arc<Self>, context: impl Into<String>, error: DbErr) -> PortError {
        let suspicion = match error::kind_of(&error) {
            PortErrorKind::Busy if error::is_pool_timeout(&error) => Some(Suspicion::Busy),
            PortErrorKind::Unavailable => Some(Suspicion::Broken),
            _ => None,
        };
        if let Some(suspicion) = suspicion {
            self.suspect(suspicion);
        }
        port_error(context, error)
    }

    /// Reports a broken connection.
    pub(crate) fn report_broken(self: &Arc<Self>) {
        self.suspect(Suspicion::Broken);
    }

    /// Starts a probe unless one is running.
    fn suspect(self: &Arc<Self>, suspicion: Suspicion) {
        let Some(server) = &self.server else {
            return;
        };
        if !server.is_probing.swap(true, Ordering::AcqRel) {
            tokio::spawn(Arc::clone(self).probe(suspicion));
        }
    }

    async fn probe(self: Arc<Self>, suspicion: Suspicion) {
        let Some(server) = &self.server else {
            return;
        };
        while !self.is_closed.load(Ordering::Acquire) {
            let opened = timeout(CONNECT_TIMEOUT, (server.open)()).await;
            let was_down = *server.is_down.borrow();
            if let Ok(Ok(pools)) = opened {
                let unused = if was_down || suspicion == Suspicion::Broken {
                    self.replace(pools)
                } else {
                    pools
                };
                close_later(unused);
                if server.is_down.send_replace(false) {
                    tracing::info!("the database responds again");
                }
                // Limits the rate of probes.
                sleep(PAUSE).await;
                break;
            }
            if !server.is_down.send_replace(true) {
                let error = opened.ok().and_then(Result::err);
                let error = error.as_ref().map(tracing::field::display);
                tracing::warn!(error, "the database does not respond");
            }
            sleep(PAUSE).await;
        }
        server.is_probing.store(false, Ordering::Release);
    }

    fn replace(&self, pools: Pools) -> Pools {
        let mut current = self.pools.write().unwrap_or_else(PoisonError::into_inner);
        self.generation.fetch_add(1, Ordering::AcqRel);
        std::mem::replace(&mut current, pools)
    }
}

/// Closes pools in the background, once their work is done.
fn close_later(pools: Pools) {
    tokio::spawn(async move { timeout(CLOSE_TIMEOUT, pools.close()).await });
}

fn unresponsive() -> PortError {
    PortError::new(
        PortErrorKind::Unavailable,
        "the database does not respond in time",
    )
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}
