//! The one way in which anything is written.
//!
//! A single task owns the connection that writes. Whoever commits hands it a
//! unit and waits for the answer; going away changes nothing. The task takes
//! what waits, tenant by tenant in turn, applies each unit under a savepoint of
//! its own, commits once for all of them, and only then answers.

use std::sync::Arc;

use sea_orm::{DatabaseConnection, QueryResult, Statement};
use tenantry_application::{
    ports::{CommitError, PortError, PortErrorKind},
    work::UnitOfWork,
};
use tokio::sync::oneshot;

use crate::{SqlOptions, apply, dialect, job_signal::JobSignal};

mod order;
mod queue;
mod task;

use order::Order;
use queue::Queue;

/// The way to the writer task. When the last one is gone, the task writes what
/// waits and ends.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Arc<Queue>,
}

impl Writer {
    /// Starts the task on the connection that writes.
    pub(crate) fn start(
        options: SqlOptions,
        db: DatabaseConnection,
        jobs: Arc<JobSignal>,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let queue = Arc::new(Queue::new(options.queue));
        let task = task::Task::new(Arc::clone(&queue), db, options, jobs);
        let task = tokio::spawn(task.run());
        (Self { queue }, task)
    }

    /// Applies a unit, or nothing of it.
    pub(crate) async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        if unit.changes.is_empty() {
            return Ok(());
        }
        let lane = unit.tenant;
        let calls = dialect::calls(&apply::steps(&unit));
        let (reply, answer) = oneshot::channel();
        self.queue.push(lane, Order::Unit { unit, calls, reply })?;
        answer.await.unwrap_or_else(|_| Err(gone().into()))
    }

    /// Runs one statement that writes, and answers the rows it returns.
    pub(crate) async fn run(&self, statement: Statement) -> Result<Vec<QueryResult>, PortError> {
        let (reply, answer) = oneshot::channel();
        self.queue
            .push(None, Order::Statement { statement, reply })?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Takes no more; what waits is still written.
    pub(crate) fn close(&self) {
        self.queue.close();
    }

    /// Whether anything can still be written.
    pub(crate) fn probe(&self) -> Result<(), PortError> {
        if self.queue.is_closed() {
            return Err(gone());
        }
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn gone() -> PortError {
    PortError::new(PortErrorKind::Unavailable, "the database is closed")
}

#[cfg(test)]
mod tests;
