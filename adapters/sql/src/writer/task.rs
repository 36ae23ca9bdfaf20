//! A task that writes.

use std::sync::Arc;

use tenantry_application::work::CommitQueue;

use super::order::Order;
use crate::dialect::{Dialect, Writing};

/// Owns connections that write.
pub(super) struct Task {
    queue: Arc<CommitQueue<Order>>,
    writing: Writing,
    group: usize,
}

impl Task {
    pub(super) fn new(queue: Arc<CommitQueue<Order>>, writing: Writing, group: usize) -> Self {
        Self {
            queue,
            writing,
            group,
        }
    }

    /// Writes group after group, until the queue is closed and empty.
    pub(super) async fn run(mut self) {
        // Whatever ends this task, nobody waits for it in vain.
        let _served = self.queue.served();
        let queue = Arc::clone(&self.queue);
        match self.writing.dialect() {
            Dialect::Sqlite => {
                while let Some(orders) = queue.take(self.group).await {
                    self.serve(orders).await;
                    // Those who were answered run first: what they ask for
                    // next goes into one group, and not the first of it alone.
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
        self.writing.close().await;
    }

    async fn serve(&mut self, orders: Vec<Order>) {
        match self.writing.write(&orders).await {
            Ok(outcomes) => {
                for (order, outcome) in orders.into_iter().zip(outcomes) {
                    order.answer(outcome);
                }
            }
            Err(error) => {
                tracing::warn!(
                    error = error.source.as_deref().map(tracing::field::display),
                    orders = orders.len(),
                    "a group of commits failed"
                );
                for order in orders {
                    order.fail(error.clone());
                }
                self.writing.renew().await;
            }
        }
    }
}
