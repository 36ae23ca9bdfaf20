//! The one way in which anything is written.
//!
//! Whoever commits hands over a unit and waits for the answer; going away
//! changes nothing. On a file a single task owns the one connection that
//! writes: it takes what waits, tenant by tenant in turn, applies each unit
//! under a savepoint of its own, commits once for all of them, and only then
//! answers. On a server several tasks do, each with what waits of one tenant,
//! which no other has at the same time.

use std::sync::Arc;

use sea_orm::{QueryResult, Value};
use tenantry_application::{
    ports::{CommitError, PortError, PortErrorKind},
    work::{CommitQueue, UnitOfWork},
};
use tenantry_domain::Timestamp;
use tokio::{sync::oneshot, task::JoinSet};

use crate::{
    SqlOptions,
    dialect::{Dialect, Writing},
};

mod order;
mod task;

pub(crate) use order::{Order, Outcome};

/// The way to the tasks that write. When the last one is gone, they write what
/// waits and end.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Arc<CommitQueue<Order>>,
    dialect: Dialect,
}

impl Writer {
    /// Starts the tasks on the connections that write.
    pub(crate) fn start(options: &SqlOptions, writing: Writing) -> (Self, JoinSet<()>) {
        let queue = Arc::new(CommitQueue::new(options.queue()));
        let dialect = writing.dialect();
        let mut tasks = JoinSet::new();
        for writing in writing.more().into_iter().chain([writing]) {
            let task = task::Task::new(Arc::clone(&queue), writing, options.group());
            tasks.spawn(task.run());
        }
        (Self { queue, dialect }, tasks)
    }

    /// Applies a unit, or nothing of it.
    pub(crate) async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        if unit.changes.is_empty() {
            return Ok(());
        }
        let lane = unit.tenant;
        let prepared = self.dialect.prepare(&unit);
        let (reply, answer) = oneshot::channel();
        let order = Order::Unit {
            unit,
            prepared,
            reply,
        };
        self.queue.push(lane, order)?;
        answer.await.unwrap_or_else(|_| Err(gone().into()))
    }

    /// Runs one statement that writes, with `?` for each value, and answers
    /// the rows it returns.
    pub(crate) async fn run(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<QueryResult>, PortError> {
        let statement = self.dialect.statement(sql, values);
        let (reply, answer) = oneshot::channel();
        self.queue
            .push(None, Order::Statement { statement, reply })?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Removes rows of a table that expired before an instant, up to `limit`,
    /// and says how many.
    pub(crate) async fn purge(
        &self,
        table: &'static str,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, PortError> {
        let purge = format!(
            "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE expires_at < ? \
             ORDER BY expires_at, id LIMIT ?) RETURNING id"
        );
        let values = [before.as_millis().into(), i64::from(limit).into()];
        Ok(self.run(&purge, values).await?.len() as u64)
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
