//! Writing a group of orders in one transaction.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use tenantry_application::{
    ports::{CommitError, PortError, PortErrorKind},
    work::UnitOfWork,
};

use super::{
    connect::open_writer,
    unit::{apply, apply_together, shareable},
};
use crate::{
    SqliteOptions, apply,
    error::unavailable,
    order::{Order, Outcome},
};

/// The writing connection.
#[derive(Debug)]
pub(crate) struct GroupWriter {
    pub(crate) db: DatabaseConnection,
    pub(crate) options: SqliteOptions,
}

impl GroupWriter {
    /// Writes a group in one transaction. A refused order does not affect the
    /// others. Any other error may have ended the transaction, after which the
    /// next savepoint would commit separately, so it fails the whole group.
    pub(crate) async fn write(&self, orders: &[Order]) -> Result<Vec<Outcome>, PortError> {
        let failed = |error| unavailable("write to the database", error);
        let transaction = begin(&self.db).await.map_err(failed)?;
        let mut outcomes = Vec::with_capacity(orders.len());
        // Units with the same text share a call. If one of them is refused, each
        // is applied separately.
        let mut separate = 0;
        while let [next, ..] = &orders[outcomes.len()..] {
            let rest = &orders[outcomes.len()..];
            let together = shareable(rest.iter().map(Order::calls));
            if separate == 0 && together > 1 {
                let calls = rest[..together].iter().flat_map(Order::calls);
                if apply_together(&transaction, calls).await.map_err(failed)? {
                    outcomes.extend((0..together).map(|_| Outcome::Unit(Ok(()))));
                } else {
                    separate = together;
                }
                continue;
            }
            separate = separate.saturating_sub(1);
            outcomes.push(match next {
                Order::Unit { unit, .. } => {
                    Outcome::Unit(apply_unit(&transaction, unit, next).await?)
                }
                Order::Statement { statement, .. } => {
                    let rows = transaction.query_all_raw(statement.clone()).await;
                    Outcome::Rows(Ok(rows.map_err(failed)?))
                }
            });
        }
        transaction.commit().await.map_err(failed)?;
        Ok(outcomes)
    }

    /// Reconnects; closing the old connection ends its transaction. On failure
    /// the next group fails as well and retries.
    pub(crate) async fn reconnect(&mut self) {
        if let Err(error) = self.db.close_by_ref().await {
            tracing::warn!(%error, "close a database connection failed");
        }
        match open_writer(&self.options).await {
            Ok(db) => self.db = db,
            Err(error) => tracing::warn!(%error, "reopen the database failed"),
        }
    }

    /// Checkpoints the WAL, so that a copy of the file alone is complete, and
    /// closes the connection.
    pub(crate) async fn close(self) {
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        if let Err(error) = self.db.execute_unprepared(checkpoint).await {
            tracing::warn!(%error, "checkpoint the database failed");
        }
        if let Err(error) = self.db.close().await {
            tracing::warn!(%error, "close the database failed");
        }
    }
}

/// Begins a transaction that takes the write lock immediately.
async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    db.begin_with_options(options).await
}

/// Applies a unit. The outer error fails the group, the inner one the unit.
async fn apply_unit(
    transaction: &DatabaseTransaction,
    unit: &UnitOfWork,
    order: &Order,
) -> Result<Result<(), CommitError>, PortError> {
    let applied = apply(transaction, order.calls()).await;
    let stopped = applied.map_err(|error| unavailable("apply a unit of work", error))?;
    let Some(stopped) = stopped else {
        return Ok(Ok(()));
    };
    let violated = stopped.violated();
    match apply::refusal(transaction, unit, violated).await {
        Ok(Some(refusal)) => {
            tracing::debug!(%refusal, "unit of work refused");
            Ok(Err(CommitError::Refused(refusal)))
        }
        Ok(None) => Ok(Err(CommitError::Failed(PortError::new(
            PortErrorKind::Internal,
            "apply a unit of work: the database refused it although its expectations hold",
        )))),
        Err(error) if error.is_retryable() => Err(error),
        Err(error) => Ok(Err(CommitError::Failed(error))),
    }
}
