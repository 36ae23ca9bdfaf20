//! The way to the database, and whether it answers.
//!
//! A file is always there. A server may be away, slow or hang, and who asks is
//! to hear of it soon: a read has a bound, and one that meets it, or a broken
//! connection, makes a look-out try a connection of its own. While that fails
//! everything is refused at once; as soon as it succeeds all go on with fresh
//! connections, since the old ones may never answer again. A writer that found
//! one broken, and may try again, asks for fresh ones itself.

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

use sea_orm::{DatabaseConnection, DbErr};
use tenantry_application::ports::{PortError, PortErrorKind};
use tokio::{
    sync::{Mutex, watch},
    time::{sleep, timeout},
};

use crate::error::{self, port_error};

/// How long the look-out waits for a connection.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);
/// How long it pauses between two tries.
const PAUSE: Duration = Duration::from_millis(500);
/// How long connections that are given up may take to end by themselves.
const FAREWELL: Duration = Duration::from_secs(10);

/// Opens the connections anew.
pub(crate) type Open = Box<dyn Fn() -> Opening + Send + Sync>;
type Opening = Pin<Box<dyn Future<Output = Result<Pools, DbErr>> + Send>>;

/// Connections of both purposes, so that neither waits for the other's.
#[derive(Debug)]
pub(crate) struct Pools {
    pub(crate) reading: DatabaseConnection,
    pub(crate) writing: DatabaseConnection,
}

impl Pools {
    async fn close(self) -> Result<(), DbErr> {
        let read = self.reading.close().await;
        self.writing.close().await?;
        read
    }
}

/// The connections to a database.
pub(crate) struct Link {
    pools: RwLock<Pools>,
    /// How often they were replaced.
    renewals: AtomicU64,
    server: Option<Server>,
    closed: AtomicBool,
}

struct Server {
    open: Open,
    answer_within: Duration,
    away: watch::Sender<bool>,
    looking: AtomicBool,
    /// Held by whoever replaces connections that it found broken.
    renewing: Mutex<()>,
}

/// What made somebody doubt that the server is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// No connection was free: it may just be busy.
    Busy,
    /// A connection broke or did not answer.
    Broken,
}

impl Link {
    /// To a file, whose writer has a connection of its own.
    pub(crate) fn to_file(reading: DatabaseConnection) -> Arc<Self> {
        let writing = reading.clone();
        Arc::new(Self {
            pools: RwLock::new(Pools { reading, writing }),
            renewals: AtomicU64::new(0),
            server: None,
            closed: AtomicBool::new(false),
        })
    }

    /// To a server that must answer a read within a bound.
    pub(crate) async fn to_server(open: Open, answer_within: Duration) -> Result<Arc<Self>, DbErr> {
        let pools = open().await?;
        let server = Server {
            open,
            answer_within,
            away: watch::Sender::new(false),
            looking: AtomicBool::new(false),
            renewing: Mutex::new(()),
        };
        Ok(Arc::new(Self {
            pools: RwLock::new(pools),
            renewals: AtomicU64::new(0),
            server: Some(server),
            closed: AtomicBool::new(false),
        }))
    }

    /// The connections that read, as they are now.
    pub(crate) fn reading(&self) -> DatabaseConnection {
        self.pools().reading.clone()
    }

    /// The connections that write.
    pub(crate) fn writing(&self) -> DatabaseConnection {
        self.pools().writing.clone()
    }

    /// How often the connections were replaced, for [`Self::renewed`].
    pub(crate) fn renewals(&self) -> u64 {
        self.renewals.load(Ordering::Acquire)
    }

    /// Whether there are other connections than there were after so many
    /// renewals: for whoever found one of those broken and may try again.
    pub(crate) async fn renewed(&self, renewals: u64) -> bool {
        let Some(server) = &self.server else {
            return false;
        };
        // Those that broke together are replaced once.
        let _alone = server.renewing.lock().await;
        if self.renewals() == renewals {
            let Ok(Ok(pools)) = timeout(SIGN_OF_LIFE, (server.open)()).await else {
                return false;
            };
            give_up(self.replace(pools));
        }
        true
    }

    fn pools(&self) -> RwLockReadGuard<'_, Pools> {
        self.pools.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connections that read, for good.
    pub(crate) async fn close_reading(&self) -> Result<(), DbErr> {
        self.closed.store(true, Ordering::Release);
        self.reading().close().await
    }

    /// Closes the connections that write.
    pub(crate) async fn close_writing(&self) -> Result<(), DbErr> {
        self.writing().close().await
    }

    /// A read that takes no longer than so many may.
    pub(crate) async fn ask<T>(
        self: &Arc<Self>,
        reads: u32,
        context: impl Into<String>,
        read: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, PortError> {
        let read = self.within(reads, read).await?;
        read.map_err(|error| self.failed(context, error))
    }

    /// Whatever takes no longer than so many reads may.
    pub(crate) async fn within<T>(
        self: &Arc<Self>,
        reads: u32,
        work: impl Future<Output = T>,
    ) -> Result<T, PortError> {
        let Some(server) = &self.server else {
            return Ok(work.await);
        };
        let mut away = server.away.subscribe();
        let gone = async {
            // The sender lives as long as this link.
            drop(away.wait_for(|away| *away).await);
        };
        tokio::select! {
            biased;
            () = gone => Err(silent()),
            done = timeout(server.answer_within * reads, work) => done.map_err(|_| {
                self.doubt(Doubt::Broken);
                silent()
            }),
        }
    }

    /// An error as the ports name it; one of the connection is looked into.
    pub(crate) fn failed(self: &Arc<Self>, context: impl Into<String>, error: DbErr) -> PortError {
        let doubt = match error::kind_of(&error) {
            PortErrorKind::Busy if error::is_pool_timeout(&error) => Some(Doubt::Busy),
            PortErrorKind::Unavailable => Some(Doubt::Broken),
            _ => None,
        };
        if let Some(doubt) = doubt {
            self.doubt(doubt);
        }
        port_error(context, error)
    }

    /// A connection did what it should not.
    pub(crate) fn doubtful(self: &Arc<Self>) {
        self.doubt(Doubt::Broken);
    }

    /// Has somebody look whether the server is there, unless one does already.
    fn doubt(self: &Arc<Self>, doubt: Doubt) {
        let Some(server) = &self.server else {
            return;
        };
        if !server.looking.swap(true, Ordering::AcqRel) {
            tokio::spawn(Arc::clone(self).look(doubt));
        }
    }

    async fn look(self: Arc<Self>, doubt: Doubt) {
        let Some(server) = &self.server else {
            return;
        };
        while !self.closed.load(Ordering::Acquire) {
            let opened = timeout(SIGN_OF_LIFE, (server.open)()).await;
            let was_away = *server.away.borrow();
            if let Ok(Ok(pools)) = opened {
                let given_up = if was_away || doubt == Doubt::Broken {
                    self.replace(pools)
                } else {
                    pools
                };
                give_up(given_up);
                if server.away.send_replace(false) {
                    tracing::info!("the database answers again");
                }
                // Whoever doubts again at once waits a moment.
                sleep(PAUSE).await;
                break;
            }
            if !server.away.send_replace(true) {
                let error = opened.ok().and_then(Result::err);
                let error = error.as_ref().map(tracing::field::display);
                tracing::warn!(error, "the database does not answer");
            }
            sleep(PAUSE).await;
        }
        server.looking.store(false, Ordering::Release);
    }

    fn replace(&self, pools: Pools) -> Pools {
        let mut current = self.pools.write().unwrap_or_else(PoisonError::into_inner);
        self.renewals.fetch_add(1, Ordering::AcqRel);
        std::mem::replace(&mut current, pools)
    }
}

/// Lets connections end by themselves, for a while.
fn give_up(pools: Pools) {
    tokio::spawn(async move { timeout(FAREWELL, pools.close()).await });
}

fn silent() -> PortError {
    PortError::new(
        PortErrorKind::Unavailable,
        "the database does not answer in time",
    )
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}
