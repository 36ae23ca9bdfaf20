//! The writer, through which every write goes.
//!
//! A commit queues its unit and waits for the reply; dropping the caller changes
//! nothing. On `SQLite` a single task owns the writing connection: it takes the
//! waiting units, tenant by tenant in turn, applies each under a savepoint,
//! commits once for all of them, and then replies. On a server several tasks do
//! so, each with the units of a tenant that no other task holds.

use std::sync::Arc;

use sea_orm::{QueryResult, Value};
use tenantry_application::{
    ports::{CommitError, PortError, PortErrorKind},
    work::UnitOfWork,
};
use tenantry_store::CommitQueue;
use tokio::{sync::oneshot, task::JoinSet};

use crate::{
    SqlOptions,
    dialect::Dialect,
    group_writer::{GroupWriter, prepare},
    order::Order,
};

mod task;

/// The handle on the writing tasks. Dropping it ends them after the queued
/// orders are written.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Arc<CommitQueue<Order>>,
    dialect: Dialect,
}

impl Writer {
    /// Starts the tasks.
    pub(crate) fn start(options: &SqlOptions, group_writer: GroupWriter) -> (Self, JoinSet<()>) {
        let queue = Arc::new(CommitQueue::new(options.queue()));
        let dialect = group_writer.dialect();
        let mut tasks = JoinSet::new();
        for group_writer in group_writer.siblings().into_iter().chain([group_writer]) {
            let task = task::Task::new(Arc::clone(&queue), group_writer, options.group());
            tasks.spawn(task.run());
        }
        (Self { queue, dialect }, tasks)
    }

    /// Applies a unit or nothing.
    pub(crate) async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        if unit.changes.is_empty() {
            return Ok(());
        }
        let lane = unit.tenant;
        let prepared = prepare(self.dialect, &unit);
        let (reply, result) = oneshot::channel();
        let order = Order::Unit {
            unit,
            prepared,
            reply,
        };
        self.queue.push(lane, order)?;
        result.await.unwrap_or_else(|_| Err(closed().into()))
    }

    /// Runs one writing statement, with `?` for each value, and returns its
    /// rows.
    pub(crate) async fn run(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<QueryResult>, PortError> {
        let statement = self.dialect.statement(sql, values);
        let (reply, result) = oneshot::channel();
        self.queue
            .push(None, Order::Statement { statement, reply })?;
        result.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Closes the queue; queued orders are still written.
    pub(crate) fn close(&self) {
        self.queue.close();
    }

    /// Checks that the queue is open.
    pub(crate) fn probe(&self) -> Result<(), PortError> {
        if self.queue.is_closed() {
            return Err(closed());
        }
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn closed() -> PortError {
    PortError::new(
        PortErrorKind::Unavailable,
        "write to the database: the store is closed",
    )
}

#[cfg(test)]
mod tests;
