//! A writing task.

use std::sync::Arc;

use tenantry_store::CommitQueue;

use crate::{dialect::Dialect, group_writer::GroupWriter, order::Order};

/// A writing task with its connections.
pub(super) struct Task {
    queue: Arc<CommitQueue<Order>>,
    group_writer: GroupWriter,
    group: usize,
}

impl Task {
    pub(super) fn new(
        queue: Arc<CommitQueue<Order>>,
        group_writer: GroupWriter,
        group: usize,
    ) -> Self {
        Self {
            queue,
            group_writer,
            group,
        }
    }

    /// Writes groups until the queue is closed and empty.
    pub(super) async fn run(mut self) {
        // Fails the queued orders however this task ends.
        let _guard = self.queue.guard();
        let queue = Arc::clone(&self.queue);
        match self.group_writer.dialect() {
            Dialect::Sqlite => {
                while let Some(orders) = queue.take(self.group).await {
                    self.serve(orders).await;
                    // Lets the callers queue their next units, so that these
                    // form one group.
                    tokio::task::yield_now().await;
                }
            }
            Dialect::Postgres => {
                while let Some((lane, orders)) = queue.take_lane(self.group).await {
                    self.serve(orders).await;
                    queue.release(lane);
                    tokio::task::yield_now().await;
                }
            }
        }
        self.group_writer.close().await;
    }

    async fn serve(&mut self, orders: Vec<Order>) {
        match self.group_writer.write(&orders).await {
            Ok(outcomes) => {
                for (order, outcome) in orders.into_iter().zip(outcomes) {
                    order.complete(outcome);
                }
            }
            Err(error) => {
                tracing::warn!(
                    error = error.source.as_deref().map(tracing::field::display),
                    orders = orders.len(),
                    "commit a group failed"
                );
                for order in orders {
                    order.fail(error.clone());
                }
                self.group_writer.reconnect().await;
            }
        }
    }
}
