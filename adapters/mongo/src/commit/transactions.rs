//! A task that writes in transactions.
//!
//! What a unit reads, decides and writes is one transaction, at snapshot: of
//! two that write one document the later is told of the conflict and begins
//! anew. What a unit expects and does not write (that its tenant is active, an
//! epoch) it finds as of its snapshot, which is no older than the transaction.

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

/// How often a transaction is begun at most.
const ATTEMPTS: u32 = 10;

/// How often a commit is asked for whose outcome is not known.
const COMMIT_ATTEMPTS: u32 = 3;

/// Writes what waits of one tenant after the other.
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
            let ended = self.write_units(&units).await;
            order::complete_units(&mut units, ended);
        }
        for (command, reply) in commands {
            let answer = self.write_command(&command).await;
            drop(reply.send(answer));
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
            Decision::Command(answer) => Ok(answer),
            Decision::Units(_) => Err(closed()),
        }
    }

    /// Looks and decides, and stores what follows, as one transaction. Begins
    /// anew where another was faster.
    async fn transaction(&self, work: &Work<'_>) -> Result<Decision, PortError> {
        for attempt in 1..=ATTEMPTS {
            let session = self.database.db.client().start_session();
            let session = self.database.bounded(session).await;
            let mut session = session
                .map_err(|error| Fault::Driver(error).into_port_error("begin a transaction"))?;
            match self.attempt(&mut session, work).await {
                Ok(Decided::Nothing(answer)) => {
                    self.abort(&mut session).await;
                    return Ok(answer);
                }
                Ok(Decided::Stored(answer)) => match self.commit(&mut session).await? {
                    Ended::Committed => return Ok(answer),
                    Ended::Conflict => {}
                },
                // Dropping the session ends what is begun, once there is a
                // server again.
                Err(fault) if fault.is_away() => {
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
        let text = "others change the same documents all the time";
        Err(PortError::new(PortErrorKind::Busy, text))
    }

    async fn attempt(
        &self,
        session: &mut ClientSession,
        work: &Work<'_>,
    ) -> Result<Decided, Fault> {
        session
            .start_transaction()
            .read_concern(ReadConcern::snapshot())
            .write_concern(WriteConcern::majority())
            .await?;
        let mut source = Source::Transaction(&self.database, session);
        let (answer, images) = decide(&mut source, work).await?;
        if images.is_empty() {
            return Ok(Decided::Nothing(answer));
        }
        storing::store_in(&self.database, session, &images).await?;
        Ok(Decided::Stored(answer))
    }

    async fn commit(&self, session: &mut ClientSession) -> Result<Ended, PortError> {
        let mut last = None;
        for _ in 0..COMMIT_ATTEMPTS {
            let committed = self.database.bounded(session.commit_transaction()).await;
            let Err(error) = committed else {
                return Ok(Ended::Committed);
            };
            if is_unknown(&error) {
                last = Some(Fault::Driver(error));
                continue;
            }
            let fault = Fault::Driver(error);
            if fault.is_conflict() {
                self.abort(session).await;
                return Ok(Ended::Conflict);
            }
            return Err(unknown_outcome(fault.into_port_error("commit")));
        }
        let cause = last.map(|fault| fault.into_port_error("commit"));
        Err(unknown_outcome(cause.unwrap_or_else(closed)))
    }

    /// Ends a transaction that came to nothing. The server does so by itself
    /// where it is not told.
    async fn abort(&self, session: &mut ClientSession) {
        if let Err(error) = self.database.bounded(session.abort_transaction()).await {
            tracing::debug!(%error, "a transaction was left to the server to end");
        }
    }
}

/// What one transaction does.
enum Work<'w> {
    Units(&'w VecDeque<QueuedUnit>),
    Command(&'w Command),
}

/// How it ends if it is committed.
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
                let (answer, images) = commands::run(source, command).await?;
                Ok((Decision::Command(answer), images))
            }
        }
    })
}

/// Whether there is anything to commit.
enum Decided {
    Nothing(Decision),
    Stored(Decision),
}

enum Ended {
    Committed,
    Conflict,
}

/// An answer that was lost, or came too late to be waited for.
fn is_unknown(error: &Error) -> bool {
    use mongodb::error::ErrorKind::Io;
    error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) || matches!(*error.kind, Io(_))
}
