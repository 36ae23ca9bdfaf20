//! The lease of the one process that may write, on a server without
//! transactions.
//!
//! It is a document that its holder changes all the time. Who finds it
//! watches: where it changes, somebody lives there; where it stands still for
//! the length of a lease, its holder is gone, and the watcher takes over. No
//! clocks are compared.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mongodb::bson::{self, doc};
use serde::{Deserialize, Serialize};
use tenantry_application::ports::{PortError, PortErrorKind};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    collection::bson_id,
    database::Database,
    error::{is_duplicate, port_error},
};

const LEASES: &str = "leases";
const WRITER: &str = "writer";

/// The lease, held by this process.
#[derive(Debug)]
pub(super) struct Lease {
    database: Database,
    holder: Uuid,
    length: Duration,
    renewed: Mutex<Instant>,
    lost: AtomicBool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Row {
    #[serde(rename = "_id")]
    id: String,
    holder: bson::Uuid,
    beat: i64,
}

impl Lease {
    /// Takes the lease: at once where nobody has it, after its length where
    /// its holder has gone silent. Unsupported where another process lives.
    pub(super) async fn take(
        database: &Database,
        holder: Uuid,
        length: Duration,
    ) -> Result<Arc<Self>, PortError> {
        let mut watched: Option<(Row, Instant)> = None;
        loop {
            let asked = Instant::now();
            let Some(row) = read(database).await? else {
                if insert(database, holder).await? {
                    return Ok(Self::held(database, holder, length, asked));
                }
                continue;
            };
            match &watched {
                Some((seen, _)) if *seen != row => return Err(in_use(database)),
                Some((_, since)) if since.elapsed() >= length => {
                    if replace(database, &row, holder).await? {
                        return Ok(Self::held(database, holder, length, asked));
                    }
                }
                Some(_) => {}
                None => watched = Some((row, Instant::now())),
            }
            sleep(length / 20).await;
        }
    }

    fn held(database: &Database, holder: Uuid, length: Duration, since: Instant) -> Arc<Self> {
        Arc::new(Self {
            database: database.clone(),
            holder,
            length,
            renewed: Mutex::new(since),
            lost: AtomicBool::new(false),
        })
    }

    /// Whether this process may write: unavailable where another has taken
    /// over, or might before a write begun now has ended.
    pub(super) fn check(&self) -> Result<(), PortError> {
        if self.lost.load(Ordering::Acquire) {
            return Err(PortError::new(
                PortErrorKind::Unavailable,
                "another process has taken over the database",
            ));
        }
        if self.renewed().elapsed() > self.length / 2 {
            return Err(PortError::new(
                PortErrorKind::Unavailable,
                "the lease on the database could not be renewed in time",
            ));
        }
        Ok(())
    }

    /// Renews the lease until it is lost.
    pub(super) async fn keep(&self) {
        let mut is_well = true;
        loop {
            sleep(self.length / 10).await;
            let asked = Instant::now();
            let renewed = self.renew().await;
            let was_well = std::mem::replace(&mut is_well, renewed.is_ok());
            match renewed {
                Ok(true) => {
                    *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = asked;
                }
                Ok(false) => {
                    self.lost.store(true, Ordering::Release);
                    tracing::error!("another process has taken over the database");
                    return;
                }
                Err(error) if was_well => tracing::warn!(%error, "the lease was not renewed"),
                Err(_) => {}
            }
        }
    }

    async fn renew(&self) -> Result<bool, PortError> {
        let mine = doc! { "_id": WRITER, "holder": bson_id(self.holder) };
        let beat = doc! { "$inc": { "beat": 1_i64 } };
        let leases = self.database.db.collection::<Row>(LEASES);
        let renewed = self.database.bounded(leases.update_one(mine, beat)).await;
        let renewed = renewed.map_err(|error| port_error("renew the lease", error))?;
        Ok(renewed.matched_count == 1)
    }

    /// Gives the lease back.
    pub(super) async fn release(&self) -> Result<(), PortError> {
        let mine = doc! { "_id": WRITER, "holder": bson_id(self.holder) };
        let leases = self.database.db.collection::<Row>(LEASES);
        let removed = self.database.bounded(leases.delete_one(mine)).await;
        removed.map_err(|error| port_error("give the lease back", error))?;
        Ok(())
    }

    fn renewed(&self) -> Instant {
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_use(database: &Database) -> PortError {
    PortError::new(
        PortErrorKind::Unsupported,
        format!(
            "the database {} on this MongoDB server is used by another process, and a server without transactions can have one only: stop the other, or use a replica set",
            database.db.name()
        ),
    )
}

async fn read(database: &Database) -> Result<Option<Row>, PortError> {
    let leases = database.db.collection::<Row>(LEASES);
    let found = database
        .bounded(leases.find_one(doc! { "_id": WRITER }))
        .await;
    found.map_err(|error| port_error("read the lease", error))
}

async fn insert(database: &Database, holder: Uuid) -> Result<bool, PortError> {
    let row = Row {
        id: WRITER.to_owned(),
        holder: bson_id(holder),
        beat: 0,
    };
    let leases = database.db.collection::<Row>(LEASES);
    match database.bounded(leases.insert_one(&row)).await {
        Ok(_) => Ok(true),
        Err(error) if is_duplicate(&error) => Ok(false),
        Err(error) => Err(port_error("take the lease", error)),
    }
}

async fn replace(database: &Database, seen: &Row, holder: Uuid) -> Result<bool, PortError> {
    let silent = doc! { "_id": WRITER, "holder": seen.holder, "beat": seen.beat };
    let taken = doc! { "$set": { "holder": bson_id(holder) }, "$inc": { "beat": 1_i64 } };
    let leases = database.db.collection::<Row>(LEASES);
    let taken = database.bounded(leases.update_one(silent, taken)).await;
    let taken = taken.map_err(|error| port_error("take the lease over", error))?;
    Ok(taken.matched_count == 1)
}
