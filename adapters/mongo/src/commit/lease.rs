//! The lease that permits a single process to write, on a server without
//! transactions.
//!
//! It is a document with a heartbeat. Another process watches it before taking
//! over: a change means that the holder is alive, none during the length of the
//! lease that it has crashed. No clocks are compared.

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
    renewed_at: Mutex<Instant>,
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
    /// Takes the lease: immediately if it is free, after its length if the holder
    /// has crashed. The error is unsupported if the holder is alive.
    pub(super) async fn take(
        database: &Database,
        holder: Uuid,
        length: Duration,
    ) -> Result<Arc<Self>, PortError> {
        let mut watched: Option<(Row, Instant)> = None;
        loop {
            let before = Instant::now();
            let Some(row) = read(database).await? else {
                if insert(database, holder).await? {
                    return Ok(Self::held(database, holder, length, before));
                }
                continue;
            };
            match &watched {
                Some((seen, _)) if *seen != row => return Err(in_use(database)),
                Some((_, since)) if since.elapsed() >= length => {
                    if replace(database, &row, holder).await? {
                        return Ok(Self::held(database, holder, length, before));
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
            renewed_at: Mutex::new(since),
            lost: AtomicBool::new(false),
        })
    }

    /// Checks that this process may write. The error is unavailable if another
    /// process has taken over, or might before a write that begins now ends.
    pub(super) fn check(&self) -> Result<(), PortError> {
        if self.lost.load(Ordering::Acquire) {
            return Err(PortError::new(
                PortErrorKind::Unavailable,
                "write to the database: another process has taken over the writer lease",
            ));
        }
        if self.renewed_at().elapsed() > self.length / 2 {
            return Err(PortError::new(
                PortErrorKind::Unavailable,
                "write to the database: the writer lease was not renewed in time",
            ));
        }
        Ok(())
    }

    /// Renews the lease until it is lost.
    pub(super) async fn keep(&self) {
        let mut is_healthy = true;
        loop {
            sleep(self.length / 10).await;
            let before = Instant::now();
            let renewed = self.renew().await;
            let was_healthy = std::mem::replace(&mut is_healthy, renewed.is_ok());
            match renewed {
                Ok(true) => {
                    *self
                        .renewed_at
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner) = before;
                }
                Ok(false) => {
                    self.lost.store(true, Ordering::Release);
                    tracing::error!("another process has taken over the writer lease");
                    return;
                }
                Err(error) if was_healthy => {
                    tracing::warn!(%error, "renew the writer lease failed");
                }
                Err(_) => {}
            }
        }
    }

    async fn renew(&self) -> Result<bool, PortError> {
        let own = doc! { "_id": WRITER, "holder": bson_id(self.holder) };
        let beat = doc! { "$inc": { "beat": 1_i64 } };
        let leases = self.database.db.collection::<Row>(LEASES);
        let renewed = self.database.bounded(leases.update_one(own, beat)).await;
        let renewed = renewed.map_err(|error| port_error("renew the writer lease", error))?;
        Ok(renewed.matched_count == 1)
    }

    /// Releases the lease.
    pub(super) async fn release(&self) -> Result<(), PortError> {
        let own = doc! { "_id": WRITER, "holder": bson_id(self.holder) };
        let leases = self.database.db.collection::<Row>(LEASES);
        let removed = self.database.bounded(leases.delete_one(own)).await;
        removed.map_err(|error| port_error("release the writer lease", error))?;
        Ok(())
    }

    fn renewed_at(&self) -> Instant {
        *self
            .renewed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_use(database: &Database) -> PortError {
    PortError::new(
        PortErrorKind::Unsupported,
        format!(
            "open the MongoDB database {}: it is used by another process, and a server without transactions supports one; stop the other, or use a replica set",
            database.db.name()
        ),
    )
}

async fn read(database: &Database) -> Result<Option<Row>, PortError> {
    let leases = database.db.collection::<Row>(LEASES);
    let found = database
        .bounded(leases.find_one(doc! { "_id": WRITER }))
        .await;
    found.map_err(|error| port_error("read the writer lease", error))
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
        Err(error) => Err(port_error("take the writer lease", error)),
    }
}

async fn replace(database: &Database, seen: &Row, holder: Uuid) -> Result<bool, PortError> {
    let unchanged = doc! { "_id": WRITER, "holder": seen.holder, "beat": seen.beat };
    let update = doc! { "$set": { "holder": bson_id(holder) }, "$inc": { "beat": 1_i64 } };
    let leases = database.db.collection::<Row>(LEASES);
    let updated = database.bounded(leases.update_one(unchanged, update)).await;
    let updated = updated.map_err(|error| port_error("take over the writer lease", error))?;
    Ok(updated.matched_count == 1)
}
