//! A task that writes.

use std::sync::Arc;

use super::{
    order::{Order, Outcome},
    queue::Queue,
};
use crate::{
    dialect::{Dialect, Writing},
    job_signal::JobSignal,
};

/// Owns connections that write.
pub(super) struct Task {
    queue: Arc<Queue>,
    writing: Writing,
    group: usize,
    jobs: Arc<JobSignal>,
}

impl Task {
    pub(super) fn new(
        queue: Arc<Queue>,
        writing: Writing,
        group: usize,
        jobs: Arc<JobSignal>,
    ) -> Self {
        Self {
            queue,
            writing,
            group,
            jobs,
        }
    }

    /// Writes group after group, until the queue is closed and empty.
    pub(super) async fn run(mut self) {
        // Whatever ends this task, nobody waits for it in vain.
        let queue = Abandoning(Arc::clone(&self.queue));
        match self.writing.dialect() {
            Dialect::Sqlite => {
                while let Some(orders) = queue.0.take(self.group).await {
                    self.serve(orders).await;
                    // Those who were answered run first: what they ask for
                    // next goes into one group, and not the first of it alone.
                    tokio::task::yield_now().await;
                }
            }
            Dialect::Postgres => {
                while let Some((lane, orders)) = queue.0.take_lane(self.group).await {
                    self.serve(orders).await;
                    queue.0.release(lane);
                    tokio::task::yield_now().await;
                }
            }
        }
        self.writing.close().await;
    }

    async fn serve(&mut self, orders: Vec<Order>) {
        match self.writing.write(&orders).await {
            Ok(outcomes) => {
                if orders.iter().zip(&outcomes).any(adds_jobs) {
                    self.jobs.added();
                }
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

struct Abandoning(Arc<Queue>);

impl Drop for Abandoning {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

fn adds_jobs((order, outcome): (&Order, &Outcome)) -> bool {
    matches!((order, outcome), (Order::Unit { unit, .. }, Outcome::Unit(Ok(()))) if unit.adds_jobs())
}
