//! The task that writes.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, Statement};
use tenantry_application::{
    ports::{CommitError, PortError, PortErrorKind},
    work::UnitOfWork,
};

use super::{
    order::{Order, Outcome},
    queue::Queue,
};
use crate::{
    SqlOptions, apply,
    dialect::{self, Applied},
    error::unavailable,
    job_signal::JobSignal,
};

/// Owns the connection that writes.
pub(super) struct Task {
    queue: Arc<Queue>,
    db: DatabaseConnection,
    options: SqlOptions,
    jobs: Arc<JobSignal>,
}

impl Task {
    pub(super) fn new(
        queue: Arc<Queue>,
        db: DatabaseConnection,
        options: SqlOptions,
        jobs: Arc<JobSignal>,
    ) -> Self {
        Self {
            queue,
            db,
            options,
            jobs,
        }
    }

    /// Writes group after group, until the queue is closed and empty.
    pub(super) async fn run(mut self) {
        while let Some(orders) = self.queue.take(self.options.group).await {
            self.serve(orders).await;
            // Those who were answered run first: what they ask for next goes
            // into one group, and not the first of it alone.
            tokio::task::yield_now().await;
        }
        if let Err(error) = dialect::prepare_to_close(&self.db).await {
            tracing::warn!(%error, "the journal was not brought into the database file");
        }
        if let Err(error) = self.db.close_by_ref().await {
            tracing::warn!(%error, "the database was not closed cleanly");
        }
    }

    async fn serve(&mut self, orders: Vec<Order>) {
        match self.write(&orders).await {
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
                self.renew().await;
            }
        }
    }

    /// Writes a group in one transaction. An order that is refused leaves the
    /// others alone; any other error may have ended the transaction, after
    /// which the next savepoint would commit by itself, so it fails them all.
    #[tracing::instrument(level = "debug", skip_all, fields(orders = orders.len()))]
    async fn write(&self, orders: &[Order]) -> Result<Vec<Outcome>, PortError> {
        let failed = |error| unavailable("write to the database", error);
        let transaction = dialect::begin(&self.db).await.map_err(failed)?;
        let mut outcomes = Vec::with_capacity(orders.len());
        // Units of one shape share a call; where one of them is refused, each
        // is applied by itself after all.
        let mut alone = 0;
        while let [next, ..] = &orders[outcomes.len()..] {
            let rest = &orders[outcomes.len()..];
            let together = dialect::shareable(rest.iter().map(Order::calls));
            if alone == 0 && together > 1 {
                let calls = rest[..together].iter().flat_map(Order::calls);
                let applied = dialect::apply_together(&transaction, calls).await;
                if applied.map_err(failed)? {
                    outcomes.extend((0..together).map(|_| Outcome::Unit(Ok(()))));
                } else {
                    alone = together;
                }
                continue;
            }
            alone = alone.saturating_sub(1);
            outcomes.push(match next {
                Order::Unit { unit, calls, .. } => {
                    Outcome::Unit(apply_unit(&transaction, unit, calls.clone()).await?)
                }
                Order::Statement { statement, .. } => {
                    let rows = transaction.query_all_raw(statement.clone()).await;
                    Outcome::Rows(rows.map_err(failed)?)
                }
            });
        }
        transaction.commit().await.map_err(failed)?;
        Ok(outcomes)
    }

    /// Starts anew with a fresh connection: closing the old one ends whatever
    /// it left open. Where that fails too, so will the next group, which tries
    /// again.
    async fn renew(&mut self) {
        if let Err(error) = self.db.close_by_ref().await {
            tracing::warn!(%error, "a connection was not closed cleanly");
        }
        match dialect::open_writer(&self.options).await {
            Ok(db) => self.db = db,
            Err(error) => tracing::warn!(%error, "the database cannot be opened again"),
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

/// Applies a unit. The outer error fails the group, the inner one this unit.
async fn apply_unit(
    transaction: &DatabaseTransaction,
    unit: &UnitOfWork,
    calls: Vec<Statement>,
) -> Result<Result<(), CommitError>, PortError> {
    let applied = dialect::apply(transaction, calls).await;
    let violated = match applied.map_err(|error| unavailable("apply a unit of work", error))? {
        Applied::Whole => return Ok(Ok(())),
        Applied::Refused(violated) => violated,
    };
    match apply::refusal(transaction, unit, violated).await {
        Ok(Some(refusal)) => {
            tracing::debug!(%refusal, "a unit of work was refused");
            Ok(Err(CommitError::Refused(refusal)))
        }
        Ok(None) => Ok(Err(CommitError::Failed(PortError::new(
            PortErrorKind::Internal,
            "the database refused a unit of work whose expectations hold",
        )))),
        Err(error) if error.is_retryable() => Err(error),
        Err(error) => Ok(Err(CommitError::Failed(error))),
    }
}

fn adds_jobs((order, outcome): (&Order, &Outcome)) -> bool {
    matches!((order, outcome), (Order::Unit { unit, .. }, Outcome::Unit(Ok(()))) if unit.adds_jobs())
}
