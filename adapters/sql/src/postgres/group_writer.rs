//! Writing a group of orders of one tenant.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, Statement};
use tenantry_application::{
    ports::{CommitError, PortError, PortErrorKind, Refusal, UniqueKey},
    work::UnitOfWork,
};
use tenantry_domain::id::TenantId;

use super::{is_of_tenant, row_security::restrict};
use crate::{
    apply::{self, Step},
    error::{Stop, kind_of, postgres::stop, unavailable},
    link::Link,
    order::{Order, Outcome, PreparedUnit},
};

/// The timeout of a group including its locks, in timeouts of a read.
const GROUP_TIMEOUTS: u32 = 4;

/// The maximum number of attempts at a unit with conflicts.
const ATTEMPTS: u32 = 8;

/// A failed write.
enum Failure {
    /// Nothing was written: there was no connection, or the transaction broke
    /// before its commit was sent.
    Unwritten(DbErr),
    /// The outcome is unknown, since the commit was sent.
    Unknown(DbErr),
}

impl Failure {
    /// Converts the error of a statement outside a transaction: its outcome is
    /// unknown unless there was no connection.
    fn of_statement(error: DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Unwritten(error),
            _ => Self::Unknown(error),
        }
    }
}

impl From<Failure> for DbErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unwritten(error) | Failure::Unknown(error) => error,
        }
    }
}

/// The connections for writes, and the number of tasks that share them.
#[derive(Debug)]
pub(crate) struct GroupWriter {
    pub(crate) link: Arc<Link>,
    pub(crate) tasks: usize,
    /// Whether units of a tenant run under row-level security.
    pub(crate) row_security: bool,
}

impl GroupWriter {
    /// Returns writers for the other tasks.
    pub(crate) fn siblings(&self) -> impl Iterator<Item = Self> {
        (1..self.tasks).map(|_| Self {
            link: Arc::clone(&self.link),
            tasks: self.tasks,
            row_security: self.row_security,
        })
    }

    /// Writes a group in one transaction, or each order separately if one is
    /// refused.
    pub(crate) async fn write(&self, orders: &[Order]) -> Result<Vec<Outcome>, PortError> {
        // Large units have several calls.
        let further = orders
            .iter()
            .map(|order| order.calls().len().saturating_sub(1));
        let further = u32::try_from(further.sum::<usize>()).unwrap_or(u32::MAX);
        let timeouts = GROUP_TIMEOUTS.saturating_add(further);
        self.link
            .bounded(timeouts, self.write_group(orders))
            .await?
    }

    async fn write_group(&self, orders: &[Order]) -> Result<Vec<Outcome>, PortError> {
        if orders.len() > 1 && self.write_together(orders).await? {
            return Ok(orders.iter().map(|_| Outcome::Unit(Ok(()))).collect());
        }
        let mut outcomes = Vec::with_capacity(orders.len());
        for order in orders {
            outcomes.push(self.write_one(order).await);
        }
        Ok(outcomes)
    }

    /// Writes a group in one transaction; returns `false` if nothing was written.
    async fn write_together(&self, orders: &[Order]) -> Result<bool, PortError> {
        let mut calls = Vec::with_capacity(orders.len());
        let mut tenants = Vec::with_capacity(orders.len());
        for order in orders {
            let (Order::Unit { unit, .. }, [call]) = (order, order.calls()) else {
                return Ok(false);
            };
            calls.push(call);
            tenants.push(self.restriction(unit));
        }
        tenants.dedup();
        let &[tenant] = tenants.as_slice() else {
            return Ok(false);
        };
        let Ok(transaction) = self.begin(tenant).await else {
            return Ok(false);
        };
        for call in calls {
            if transaction.query_one_raw(call.clone()).await.is_err() {
                // The cause recurs when its order is written separately.
                drop(transaction.rollback().await);
                return Ok(false);
            }
        }
        // After an unknown outcome, a retry could conflict with rows of the first
        // attempt.
        let committed = transaction.commit().await;
        committed.map_err(|error| {
            self.link.report_broken();
            unavailable("commit a group", error)
        })?;
        Ok(true)
    }

    /// Returns the tenant to whose rows a unit is restricted.
    fn restriction(&self, unit: &UnitOfWork) -> Option<TenantId> {
        unit.tenant
            .filter(|_| self.row_security && is_of_tenant(unit))
    }

    async fn begin(&self, tenant: Option<TenantId>) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.link.begin_write().await?;
        if let Some(tenant) = tenant {
            restrict(&transaction, tenant).await?;
        }
        Ok(transaction)
    }

    async fn write_one(&self, order: &Order) -> Outcome {
        match order {
            Order::Unit { unit, prepared, .. } => {
                Outcome::Unit(self.apply_unit(unit, prepared).await)
            }
            Order::Statement { statement, .. } => Outcome::Rows(self.run(statement).await),
        }
    }

    /// Returns whether to retry once: a broken connection prevented the write, and
    /// there are new connections.
    async fn may_retry(&self, failure: &Failure, generation: u64) -> bool {
        let Failure::Unwritten(error) = failure else {
            return false;
        };
        kind_of(error) == PortErrorKind::Unavailable && self.link.replace_broken(generation).await
    }

    async fn run(&self, statement: &Statement) -> Result<Vec<QueryResult>, PortError> {
        for _ in 0..ATTEMPTS {
            match self.rows(statement).await {
                Err(error) if stop(&error) == Some(Stop::Conflict) => {}
                rows => {
                    return rows.map_err(|error| self.link.failed("write to the database", error));
                }
            }
        }
        Err(too_many_conflicts())
    }

    async fn rows(&self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        let generation = self.link.generation();
        match self.try_rows(statement).await {
            Err(failure) if self.may_retry(&failure, generation).await => {
                Ok(self.try_rows(statement).await?)
            }
            result => Ok(result?),
        }
    }

    async fn try_rows(&self, statement: &Statement) -> Result<Vec<QueryResult>, Failure> {
        if self.link.is_pooled() {
            let transaction = self.begin(None).await.map_err(Failure::Unwritten)?;
            let rows = transaction.query_all_raw(statement.clone()).await;
            let rows = rows.map_err(Failure::Unwritten)?;
            commit(transaction).await?;
            return Ok(rows);
        }
        let rows = self
            .link
            .write_pool()
            .query_all_raw(statement.clone())
            .await;
        rows.map_err(Failure::of_statement)
    }

    async fn apply_unit(
        &self,
        unit: &UnitOfWork,
        prepared: &PreparedUnit,
    ) -> Result<(), CommitError> {
        for _ in 0..ATTEMPTS {
            let violated = match self.apply(unit, prepared).await {
                Ok(None) => return Ok(()),
                Ok(Some(Stop::Conflict)) => continue,
                Ok(Some(Stop::Refused(violated))) => violated,
                Err(error) => return Err(self.link.failed("apply a unit of work", error).into()),
            };
            // Without a refusal the conflicting row is gone, and a retry may succeed.
            if let Some(refusal) = self.refusal(unit, violated).await? {
                tracing::debug!(%refusal, "unit of work refused");
                return Err(CommitError::Refused(refusal));
            }
        }
        Err(too_many_conflicts().into())
    }

    async fn refusal(
        &self,
        unit: &UnitOfWork,
        violated: Option<UniqueKey>,
    ) -> Result<Option<Refusal>, PortError> {
        let transaction = self.link.begin_write().await;
        let transaction = transaction
            .map_err(|error| self.link.failed("find the reason for a refusal", error))?;
        apply::refusal(&transaction, unit, violated).await
    }

    async fn apply(
        &self,
        unit: &UnitOfWork,
        prepared: &PreparedUnit,
    ) -> Result<Option<Stop>, DbErr> {
        let generation = self.link.generation();
        match self.try_apply(unit, prepared).await {
            Err(failure) if self.may_retry(&failure, generation).await => {
                Ok(self.try_apply(unit, prepared).await?)
            }
            result => Ok(result?),
        }
    }

    async fn try_apply(
        &self,
        unit: &UnitOfWork,
        prepared: &PreparedUnit,
    ) -> Result<Option<Stop>, Failure> {
        match (prepared, self.restriction(unit)) {
            (PreparedUnit::Calls(calls), None) if calls.len() == 1 && !self.link.is_pooled() => {
                self.run_calls(calls).await
            }
            (PreparedUnit::Calls(calls), tenant) => self.run_restricted(tenant, calls).await,
            (PreparedUnit::Steps(steps), tenant) => self.run_steps(tenant, steps).await,
        }
    }

    /// Runs calls, each of which commits; a plain unit has one.
    async fn run_calls(&self, calls: &[Statement]) -> Result<Option<Stop>, Failure> {
        let db = self.link.write_pool();
        for call in calls {
            if let Err(error) = db.query_one_raw(call.clone()).await {
                let stopped = stop(&error).map(Some);
                return stopped.ok_or_else(|| Failure::of_statement(error));
            }
        }
        Ok(None)
    }

    async fn run_restricted(
        &self,
        tenant: Option<TenantId>,
        calls: &[Statement],
    ) -> Result<Option<Stop>, Failure> {
        let transaction = self.begin(tenant).await.map_err(Failure::Unwritten)?;
        for call in calls {
            if let Err(error) = transaction.query_one_raw(call.clone()).await {
                return fail(transaction, error).await;
            }
        }
        commit(transaction).await
    }

    async fn run_steps(
        &self,
        tenant: Option<TenantId>,
        steps: &[Step],
    ) -> Result<Option<Stop>, Failure> {
        let transaction = self.begin(tenant).await.map_err(Failure::Unwritten)?;
        for step in steps {
            match apply_step(&transaction, step).await {
                Ok(true) => {}
                Ok(false) => return roll_back(transaction, Stop::Refused(None)).await,
                Err(error) => return fail(transaction, error).await,
            }
        }
        commit(transaction).await
    }
}

async fn commit(transaction: DatabaseTransaction) -> Result<Option<Stop>, Failure> {
    transaction.commit().await.map_err(Failure::Unknown)?;
    Ok(None)
}

async fn fail(transaction: DatabaseTransaction, error: DbErr) -> Result<Option<Stop>, Failure> {
    match stop(&error) {
        Some(reason) => roll_back(transaction, reason).await,
        None => Err(Failure::Unwritten(error)),
    }
}

async fn roll_back(
    transaction: DatabaseTransaction,
    reason: Stop,
) -> Result<Option<Stop>, Failure> {
    transaction.rollback().await.map_err(Failure::Unwritten)?;
    Ok(Some(reason))
}

/// Runs a step, and returns whether it had the required result.
async fn apply_step(transaction: &DatabaseTransaction, step: &Step) -> Result<bool, DbErr> {
    Ok(match step {
        Step::ChangeOne(statement) => {
            let result = transaction.execute_raw(statement.clone()).await?;
            result.rows_affected() == 1
        }
        Step::Change(statement) => {
            transaction.execute_raw(statement.clone()).await?;
            true
        }
        Step::Find(statement) => transaction
            .query_one_raw(statement.clone())
            .await?
            .is_some(),
    })
}

fn too_many_conflicts() -> PortError {
    PortError::new(
        PortErrorKind::Busy,
        "write to the database: too many concurrent changes of the same rows",
    )
}
