//! A task that writes in transactions.
//!
//! Reading, deciding and writing a group is one snapshot transaction. If two
//! write the same document, the later one gets a conflict and retries. An
//! expectation on a document that the unit does not write (an active tenant, an
//! epoch) holds as of the snapshot, which is no older than the transaction.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use mongodb::{
    ClientSession,
    error::{Error, UNKNOWN_TRANSACTION_COMMIT_RESULT},
    options::{ReadConcern, WriteConcern},
};
use tenantry_application::ports::{CommitError, PortError, PortErrorKind};
use tenantry_store::CommitQueue;
use tokio::time::sleep;

use super::{
    commands,
    fault::{Fault, closed, unknown_outcome},
    order::{self, Command, Order, QueuedUnit, Reply},
    planning::plan_units,
    storing,
};
use crate::{
    database::{Database, Source},
    plan::Image,
};

/// The maximum number of attempts at a transaction.
const ATTEMPTS: u32 = 10;

/// The maximum number of attempts at a commit with an unknown outcome.
const COMMIT_ATTEMPTS: u32 = 3;

/// A writing task, which takes the waiting orders of one tenant at a time.
pub(super) struct Task {
    pub(super) queue: Arc<CommitQueue<Order>>,
    pub(super) database: Database,
    pub(super) group: usize,
}

impl Task {
    /// Writes until the queue is closed and empty.
    pub(super) async fn run(self) {
        let _guard = self.queue.guard();
        let queue = Arc::clone(&self.queue);
        while let Some((lane, orders)) = queue.take_lane(self.group).await {
            self.serve(orders).await;
            queue.release(lane);
            tokio::task::yield_now().await;
        }
    }

    async fn serve(&self, orders: Vec<Order>) {
        let (mut units, commands) = order::separate(orders);
        while !units.is_empty() {
            let results = self.write_units(&units).await;
            order::complete_units(&mut units, results);
        }
        for (command, reply) in commands {
            let result = self.write_command(&command).await;
            drop(reply.send(result));
        }
    }

    async fn write_units(
        &self,
        units: &VecDeque<QueuedUnit>,
    ) -> Result<Vec<Result<(), CommitError>>, PortError> {
        match self.transaction(&Work::Units(units)).await? {
            Decision::Units(outcomes) => Ok(outcomes),
            Decision::Command(_) => Err(closed()),
        }
    }

    async fn write_command(&self, command: &Command) -> Result<Reply, PortError> {
        match self.transaction(&Work::Command(command)).await? {
            Decision::Command(reply) => Ok(reply),
            Decision::Units(_) => Err(closed()),
        }
    }

    /// Reads, decides and stores in one transaction; retries after a conflict.
    async fn transaction(&self, work: &Work<'_>) -> Result<Decision, PortError> {
        for attempt in 1..=ATTEMPTS {
            let session = self.database.db.client().start_session();
            let session = self.database.bounded(session).await;
            let mut session = session
                .map_err(|error| Fault::Driver(error).into_port_error("begin a transaction"))?;
            match self.attempt(&mut session, work).await {
                Ok(Attempt::Unchanged(decision)) => {
                    self.abort(&mut session).await;
                    return Ok(decision);
                }
                Ok(Attempt::Stored(decision)) => match self.commit(&mut session).await? {
                    CommitResult::Committed => return Ok(decision),
                    CommitResult::Conflict => {}
                },
                // Dropping the session aborts its transaction once the server
                // is back.
                Err(fault) if fault.is_unreachable() => {
                    return Err(fault.into_port_error("write in a transaction"));
                }
                Err(fault) => {
                    self.abort(&mut session).await;
                    if !fault.is_conflict() {
                        return Err(fault.into_port_error("write in a transaction"));
                    }
                }
            }
            sleep(Duration::from_millis(u64::from(attempt * attempt))).await;
        }
        let text = "write in a transaction: too many concurrent changes of the same documents";
        Err(PortError::new(PortErrorKind::Busy, text))
    }

    async fn attempt(
        &self,
        session: &mut ClientSession,
        work: &Work<'_>,
    ) -> Result<Attempt, Fault> {
        session
            .start_transaction()
            .read_concern(ReadConcern::snapshot())
            .write_concern(WriteConcern::majority())
            .await?;
        let mut source = Source::Transaction(&self.database, session);
        let (decision, images) = decide(&mut source, work).await?;
        if images.is_empty() {
            return Ok(Attempt::Unchanged(decision));
        }
        storing::store_in(&self.database, session, &images).await?;
        Ok(Attempt::Stored(decision))
    }

    async fn commit(&self, session: &mut ClientSession) -> Result<CommitResult, PortError> {
        let mut last = None;
        for _ in 0..COMMIT_ATTEMPTS {
            let committed = self.database.bounded(session.commit_transaction()).await;
            let Err(error) = committed else {
                return Ok(CommitResult::Committed);
            };
            if is_unknown(&error) {
                last = Some(Fault::Driver(error));
                continue;
            }
            let fault = Fault::Driver(error);
            if fault.is_conflict() {
                self.abort(session).await;
                return Ok(CommitResult::Conflict);
            }
            return Err(unknown_outcome(fault.into_port_error("commit")));
        }
        let cause = last.map(|fault| fault.into_port_error("commit"));
        Err(unknown_outcome(cause.unwrap_or_else(closed)))
    }

    /// Aborts a transaction. If that fails, the server does so after a timeout.
    async fn abort(&self, session: &mut ClientSession) {
        if let Err(error) = self.database.bounded(session.abort_transaction()).await {
            tracing::debug!(%error, "abort a transaction failed");
        }
    }
}

/// The work of one transaction.
enum Work<'w> {
    Units(&'w VecDeque<QueuedUnit>),
    Command(&'w Command),
}

/// The results to send once the transaction is committed.
enum Decision {
    Units(Vec<Result<(), CommitError>>),
    Command(Reply),
}

fn decide<'a>(
    source: &'a mut Source<'_>,
    work: &'a Work<'_>,
) -> BoxFuture<'a, Result<(Decision, Vec<Image>), Fault>> {
    Box::pin(async move {
        match work {
            Work::Units(units) => {
                let planned = plan_units(source, units).await?;
                Ok((Decision::Units(planned.outcomes), planned.images))
            }
            Work::Command(command) => {
                let (reply, images) = commands::run(source, command).await?;
                Ok((Decision::Command(reply), images))
            }
        }
    })
}

/// A transaction before its commit.
enum Attempt {
    /// Without changes.
    Unchanged(Decision),
    /// With changes to commit.
    Stored(Decision),
}

/// The end of a commit with a known outcome.
enum CommitResult {
    Committed,
    Conflict,
}

/// Returns whether the outcome of a commit is unknown: the response was lost or
/// timed out.
fn is_unknown(error: &Error) -> bool {
    use mongodb::error::ErrorKind::Io;
    error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) || matches!(*error.kind, Io(_))
}
