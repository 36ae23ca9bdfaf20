//! Writing what waits of one tenant.

use std::sync::Arc;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, Statement, TransactionTrait,
};
use tenantry_application::{
    ports::{CommitError, PortError, PortErrorKind},
    work::UnitOfWork,
};
use tenantry_domain::id::TenantId;

use super::{is_of_tenant, wall::enter};
use crate::{
    apply::{self, Step},
    error::{Stop, kind_of, postgres::stop, unavailable},
    link::Link,
    order::{Order, Outcome, Prepared},
};

/// How many times longer than a read a group may take, locks that others hold
/// included, before nobody waits for it any longer.
const PATIENCE: u32 = 4;

/// How often a unit is tried anew that others were in the way of.
const TRIES: u32 = 8;

/// Why nobody can say that something was written.
enum Failure {
    /// It surely was not: no connection came about, or its transaction broke
    /// before its end was asked for.
    Unwritten(DbErr),
    /// It may have been: what was sent could have done all of it.
    Unknown(DbErr),
}

impl Failure {
    /// Of a statement that is a transaction of its own: it went out as soon as
    /// there was a connection.
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

/// The connections that write, and how many tasks share them.
#[derive(Debug)]
pub(crate) struct Writing {
    pub(crate) link: Arc<Link>,
    pub(crate) tasks: usize,
    /// Whether units of one tenant stand behind the wall of row-level security.
    pub(crate) walled: bool,
}

impl Writing {
    pub(crate) fn more(&self) -> impl Iterator<Item = Self> {
        (1..self.tasks).map(|_| Self {
            link: Arc::clone(&self.link),
            tasks: self.tasks,
            walled: self.walled,
        })
    }

    /// Writes a group: in one transaction if nothing of it is refused, else
    /// each order by itself.
    pub(crate) async fn write(&self, orders: &[Order]) -> Result<Vec<Outcome>, PortError> {
        self.link.within(PATIENCE, self.group(orders)).await?
    }

    async fn group(&self, orders: &[Order]) -> Result<Vec<Outcome>, PortError> {
        if orders.len() > 1 && self.together(orders).await? {
            return Ok(orders.iter().map(|_| Outcome::Unit(Ok(()))).collect());
        }
        let mut outcomes = Vec::with_capacity(orders.len());
        for order in orders {
            outcomes.push(self.alone(order).await);
        }
        Ok(outcomes)
    }

    /// `false` where nothing was written.
    async fn together(&self, orders: &[Order]) -> Result<bool, PortError> {
        let mut calls = Vec::with_capacity(orders.len());
        let mut tenants = Vec::with_capacity(orders.len());
        for order in orders {
            let (Order::Unit { unit, .. }, [call]) = (order, order.calls()) else {
                return Ok(false);
            };
            calls.push(call);
            tenants.push(self.behind(unit));
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
                // Whatever it was will be met again, by one of them alone.
                drop(transaction.rollback().await);
                return Ok(false);
            }
        }
        // An end that nobody heard of may have come: doing it again would be
        // refused by what it wrote itself.
        let ended = transaction.commit().await;
        ended.map_err(|error| {
            self.link.doubtful();
            unavailable("commit a group", error)
        })?;
        Ok(true)
    }

    /// The tenant behind whose wall a unit is written.
    fn behind(&self, unit: &UnitOfWork) -> Option<TenantId> {
        unit.tenant.filter(|_| self.walled && is_of_tenant(unit))
    }

    async fn begin(&self, tenant: Option<TenantId>) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.link.writing().begin().await?;
        if let Some(tenant) = tenant {
            enter(&transaction, tenant).await?;
        }
        Ok(transaction)
    }

    async fn alone(&self, order: &Order) -> Outcome {
        match order {
            Order::Unit { unit, prepared, .. } => {
                Outcome::Unit(self.apply_unit(unit, prepared).await)
            }
            Order::Statement { statement, .. } => Outcome::Rows(self.run(statement).await),
        }
    }

    /// Whether the same may be tried once more: broken connections kept it from
    /// being written, and there are fresh ones now.
    async fn may_retry(&self, failure: &Failure, renewals: u64) -> bool {
        let Failure::Unwritten(error) = failure else {
            return false;
        };
        kind_of(error) == PortErrorKind::Unavailable && self.link.renewed(renewals).await
    }

    async fn run(&self, statement: &Statement) -> Result<Vec<QueryResult>, PortError> {
        for _ in 0..TRIES {
            match self.rows(statement).await {
                Err(error) if stop(&error) == Some(Stop::Conflict) => {}
                rows => {
                    return rows.map_err(|error| self.link.failed("write to the database", error));
                }
            }
        }
        Err(in_the_way())
    }

    async fn rows(&self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        let renewals = self.link.renewals();
        match self.try_rows(statement).await {
            Err(failure) if self.may_retry(&failure, renewals).await => {
                Ok(self.try_rows(statement).await?)
            }
            done => Ok(done?),
        }
    }

    async fn try_rows(&self, statement: &Statement) -> Result<Vec<QueryResult>, Failure> {
        let rows = self.link.writing().query_all_raw(statement.clone()).await;
        rows.map_err(Failure::of_statement)
    }

    async fn apply_unit(&self, unit: &UnitOfWork, prepared: &Prepared) -> Result<(), CommitError> {
        for _ in 0..TRIES {
            let violated = match self.apply(unit, prepared).await {
                Ok(None) => return Ok(()),
                Ok(Some(Stop::Conflict)) => continue,
                Ok(Some(Stop::Refused(violated))) => violated,
                Err(error) => return Err(self.link.failed("apply a unit of work", error).into()),
            };
            // What was in the way may be gone by now.
            if let Some(refusal) = apply::refusal(&self.link.writing(), unit, violated).await? {
                tracing::debug!(%refusal, "a unit of work was refused");
                return Err(CommitError::Refused(refusal));
            }
        }
        Err(in_the_way().into())
    }

    async fn apply(&self, unit: &UnitOfWork, prepared: &Prepared) -> Result<Option<Stop>, DbErr> {
        let renewals = self.link.renewals();
        match self.try_apply(unit, prepared).await {
            Err(failure) if self.may_retry(&failure, renewals).await => {
                Ok(self.try_apply(unit, prepared).await?)
            }
            done => Ok(done?),
        }
    }

    async fn try_apply(
        &self,
        unit: &UnitOfWork,
        prepared: &Prepared,
    ) -> Result<Option<Stop>, Failure> {
        match (prepared, self.behind(unit)) {
            (Prepared::Calls(calls), None) => self.call(calls).await,
            (Prepared::Calls(calls), tenant) => self.call_behind(tenant, calls).await,
            (Prepared::Steps(steps), tenant) => self.steps(tenant, steps).await,
        }
    }

    /// Each call is a transaction of its own; a plain unit has one.
    async fn call(&self, calls: &[Statement]) -> Result<Option<Stop>, Failure> {
        let db = self.link.writing();
        for call in calls {
            if let Err(error) = db.query_one_raw(call.clone()).await {
                let stopped = stop(&error).map(Some);
                return stopped.ok_or_else(|| Failure::of_statement(error));
            }
        }
        Ok(None)
    }

    async fn call_behind(
        &self,
        tenant: Option<TenantId>,
        calls: &[Statement],
    ) -> Result<Option<Stop>, Failure> {
        let transaction = self.begin(tenant).await.map_err(Failure::Unwritten)?;
        for call in calls {
            if let Err(error) = transaction.query_one_raw(call.clone()).await {
                return given_up(transaction, error).await;
            }
        }
        ended(transaction).await
    }

    async fn steps(
        &self,
        tenant: Option<TenantId>,
        steps: &[Step],
    ) -> Result<Option<Stop>, Failure> {
        let transaction = self.begin(tenant).await.map_err(Failure::Unwritten)?;
        for step in steps {
            match apply_step(&transaction, step).await {
                Ok(true) => {}
                Ok(false) => return stopped(transaction, Stop::Refused(None)).await,
                Err(error) => return given_up(transaction, error).await,
            }
        }
        ended(transaction).await
    }
}

async fn ended(transaction: DatabaseTransaction) -> Result<Option<Stop>, Failure> {
    transaction.commit().await.map_err(Failure::Unknown)?;
    Ok(None)
}

async fn given_up(transaction: DatabaseTransaction, error: DbErr) -> Result<Option<Stop>, Failure> {
    match stop(&error) {
        Some(why) => stopped(transaction, why).await,
        None => Err(Failure::Unwritten(error)),
    }
}

async fn stopped(transaction: DatabaseTransaction, why: Stop) -> Result<Option<Stop>, Failure> {
    transaction.rollback().await.map_err(Failure::Unwritten)?;
    Ok(Some(why))
}

/// Whether a step did what it must.
async fn apply_step(transaction: &DatabaseTransaction, step: &Step) -> Result<bool, DbErr> {
    Ok(match step {
        Step::ChangeOne(statement) => {
            let done = transaction.execute_raw(statement.clone()).await?;
            done.rows_affected() == 1
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

fn in_the_way() -> PortError {
    PortError::new(PortErrorKind::Busy, "too many write the same at once")
}
