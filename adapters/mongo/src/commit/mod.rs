//! The writer, through which every write goes.
//!
//! A commit queues its unit and waits for the reply; dropping the caller changes
//! nothing. On a server with transactions several tasks write, each the units of
//! one tenant; on a server without, a single task writes under a lease.

use std::sync::Arc;

use tenantry_application::{
    ports::{CommitError, PortError},
    work::UnitOfWork,
};
use tenantry_store::{CommitQueue, Lane};
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
use fault::closed;
use lease::Lease;
use order::Order;
pub(crate) use order::{Command, Reply};

/// The number of tasks that write in transactions.
const TASKS: u32 = 8;

/// The handle on the writing tasks. Dropping it ends them after the queued
/// orders are written.
#[derive(Debug)]
pub(crate) struct Commits {
    queue: Arc<CommitQueue<Order>>,
    lease: Option<Arc<Lease>>,
}

impl Commits {
    /// Starts the tasks. Without transactions it first takes the lease and
    /// recovers the commit that a crash left.
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
            () = lease.keep() => Err(closed()),
        };
        match recovered {
            Ok(writer) => tasks.spawn(writer.run()),
            Err(error) => {
                // The next start need not wait for the lease to expire.
                drop(lease.release().await);
                return Err(error);
            }
        };
        let lease = Some(lease);
        Ok((Self { queue, lease }, tasks))
    }

    /// Returns whether units are transactions, and other processes write too.
    pub(crate) const fn has_transactions(&self) -> bool {
        self.lease.is_none()
    }

    /// Applies a unit or nothing.
    pub(crate) async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        if unit.changes.is_empty() {
            return Ok(());
        }
        let lane = unit.tenant;
        let (reply, result) = oneshot::channel();
        self.queue.push(lane, Order::Unit { unit, reply })?;
        result.await.unwrap_or_else(|_| Err(closed().into()))
    }

    /// Runs a command.
    pub(crate) async fn run(&self, lane: Lane, command: Command) -> Result<Reply, PortError> {
        let (reply, result) = oneshot::channel();
        self.queue.push(lane, Order::Command { command, reply })?;
        result.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Closes the queue; queued orders are still written.
    pub(crate) fn close(&self) {
        self.queue.close();
    }

    /// Checks that the queue is open and the lease held.
    pub(crate) fn probe(&self) -> Result<(), PortError> {
        if let Some(lease) = &self.lease {
            lease.check()?;
        }
        if self.queue.is_closed() {
            return Err(closed());
        }
        Ok(())
    }
}

impl Drop for Commits {
    fn drop(&mut self) {
        self.close();
    }
}
