//! The one way in which anything is written.
//!
//! Whoever commits hands over a unit and waits for the answer; going away
//! changes nothing. Where the server has transactions, several tasks write,
//! each with what waits of one tenant; where it has none, a single task does,
//! behind a lease.

use std::sync::Arc;

use tenantry_application::{
    ports::{CommitError, PortError, PortErrorKind},
    work::{CommitQueue, Lane, UnitOfWork},
};
use tokio::{sync::oneshot, task::JoinSet};

use crate::{MongoOptions, database::Database};

mod commands;
mod fault;
mod lease;
mod order;
mod planning;
mod record;
mod storing;
mod transactions;
mod usage;
mod writer;

pub(crate) use commands::due_filters;
use lease::Lease;
use order::Order;
pub(crate) use order::{Answer, Command};
pub(crate) use usage::no_ledger;

/// Tasks that write in transactions at once.
const TASKS: u32 = 8;

/// The way to the tasks that write. When the last one is gone, they write what
/// waits and end.
#[derive(Debug)]
pub(crate) struct Commits {
    queue: Arc<CommitQueue<Order>>,
    lease: Option<Arc<Lease>>,
}

impl Commits {
    /// Starts the tasks. Without transactions the lease is taken first, and
    /// what a crash has left is applied.
    pub(crate) async fn start(
        database: &Database,
        options: &MongoOptions,
        has_transactions: bool,
    ) -> Result<(Self, JoinSet<()>), PortError> {
        let queue = Arc::new(CommitQueue::new(options.queue));
        let mut tasks = JoinSet::new();
        if has_transactions {
            for _ in 0..TASKS.min(options.connections).max(1) {
                let task = transactions::Task {
                    queue: Arc::clone(&queue),
                    database: database.clone(),
                    group: options.group,
                };
                tasks.spawn(task.run());
            }
            return Ok((Self { queue, lease: None }, tasks));
        }
        let lease = Lease::take(database, options.holder, options.lease).await?;
        let writer = writer::Writer::new(
            Arc::clone(&queue),
            database.clone(),
            Arc::clone(&lease),
            options.group,
        );
        let recovered = tokio::select! {
            recovered = writer.recovered() => recovered,
            () = lease.keep() => Err(gone()),
        };
        match recovered {
            Ok(writer) => tasks.spawn(writer.run()),
            Err(error) => {
                // The next one need not wait for it.
                drop(lease.release().await);
                return Err(error);
            }
        };
        let lease = Some(lease);
        Ok((Self { queue, lease }, tasks))
    }

    /// Applies a unit, or nothing of it.
    pub(crate) async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        if unit.changes.is_empty() {
            return Ok(());
        }
        let lane = unit.tenant;
        let (reply, answer) = oneshot::channel();
        self.queue.push(lane, Order::Unit { unit, reply })?;
        answer.await.unwrap_or_else(|_| Err(gone().into()))
    }

    /// Does a step that answers with data.
    pub(crate) async fn run(&self, lane: Lane, command: Command) -> Result<Answer, PortError> {
        let (reply, answer) = oneshot::channel();
        self.queue.push(lane, Order::Command { command, reply })?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Takes no more; what waits is still written.
    pub(crate) fn close(&self) {
        self.queue.close();
    }

    /// Whether anything can still be written.
    pub(crate) fn probe(&self) -> Result<(), PortError> {
        if let Some(lease) = &self.lease {
            lease.check()?;
        }
        if self.queue.is_closed() {
            return Err(gone());
        }
        Ok(())
    }
}

impl Drop for Commits {
    fn drop(&mut self) {
        self.close();
    }
}

fn gone() -> PortError {
    PortError::new(PortErrorKind::Unavailable, "the database is closed")
}
