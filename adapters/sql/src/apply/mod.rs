//! Units of work as steps that a database takes.

use sea_orm::{
    ActiveModelTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryTrait, Statement,
    sea_query::{Expr, Func, Query},
};
use tenantry_application::{
    ports::EpochSubject,
    work::{Change, Expectation, UnitOfWork, Write},
};
use tenantry_domain::{
    Revision,
    id::TenantId,
    tenant::{Tenant, TenantStatus},
};

use crate::{
    convert::{Stored, big, entry_to_row},
    dialect::{BACKEND, Step},
    entity::{audit_entry, epoch, tenant},
};

mod counters;
mod refusal;
mod seal;

pub(crate) use refusal::refusal;

/// The steps of a unit, in its order.
pub(crate) fn steps(unit: &UnitOfWork) -> Vec<Step> {
    let mut steps = Vec::with_capacity(unit.changes.len());
    for change in &unit.changes {
        match change {
            Change::Expect(expectation) => steps.push(Step::Find(found(*expectation))),
            Change::Identity(write) => steps.push(row(write, unit.tenant)),
            Change::Tenant(write) => steps.push(row(write, unit.tenant)),
            Change::Role(write) => steps.push(row(write, unit.tenant)),
            Change::Membership(write) => steps.push(row(write, unit.tenant)),
            Change::Session(write) => steps.push(row(write, unit.tenant)),
            Change::File(write) => steps.push(row(write, unit.tenant)),
            Change::Blob(write) => steps.push(row(write, unit.tenant)),
            Change::Version(write) => steps.push(row(write, unit.tenant)),
            Change::Job(write) => steps.push(row(write, unit.tenant)),
            Change::Idempotency(write) => steps.push(row(write, unit.tenant)),
            Change::Audit(entry) => {
                let row = entry_to_row(entry).into_active_model().reset_all();
                let insert = audit_entry::Entity::insert(row);
                steps.push(Step::Change(insert.build(BACKEND)));
            }
            Change::AuditSeal(seal) => seal::push(&mut steps, seal),
            Change::Guard(guard) => steps.push(counters::guard(*guard)),
            Change::Epoch(subject, at) => steps.push(counters::epoch(*subject, *at)),
            Change::QuotaOpen(tenant, limit) => steps.push(counters::quota_open(*tenant, *limit)),
            Change::QuotaMove(tenant, movement) => {
                steps.push(counters::quota_move(*tenant, *movement));
            }
        }
    }
    steps
}

/// The step of a write to a row that has a revision.
fn row<T: Stored>(write: &Write<T>, tenant: Option<TenantId>) -> Step {
    match write {
        Write::Add(entity) => {
            let mut row = entity.to_row().into_active_model().reset_all();
            row.set(T::REVISION, big(Revision::FIRST.number()).into());
            Step::Change(T::Table::insert(row).build(BACKEND))
        }
        Write::Update(entity) => {
            let mut row = entity.to_row().into_active_model().reset_all();
            for column in T::FIXED {
                row.not_set(*column);
            }
            row.set(T::REVISION, big(entity.revision().next().number()).into());
            let update = T::Table::update_many()
                .set(row)
                .filter(T::keyed(entity.id()))
                .filter(T::within(tenant))
                .filter(at_revision::<T>(entity.revision()));
            Step::ChangeOne(update.build(BACKEND))
        }
        Write::Remove(id, revision) => {
            let delete = T::Table::delete_many()
                .filter(T::keyed(*id))
                .filter(T::within(tenant))
                .filter(at_revision::<T>(*revision));
            Step::ChangeOne(delete.build(BACKEND))
        }
    }
}

fn at_revision<T: Stored>(revision: Revision) -> Expr {
    sea_orm::ColumnTrait::eq(&T::REVISION, big(revision.number()))
}

/// A query that finds a row where an expectation holds.
fn found(expectation: Expectation) -> Statement {
    match expectation {
        Expectation::TenantActive(tenant) => tenant::Entity::find()
            .filter(<Tenant as Stored>::keyed(tenant.id()))
            .filter(sea_orm::ColumnTrait::eq(
                &tenant::Column::Status,
                TenantStatus::Active.as_str(),
            ))
            .build(BACKEND),
        Expectation::Epoch(subject, epoch) => epoch_is(subject, epoch),
    }
}

fn epoch_is(subject: EpochSubject, epoch: u64) -> Statement {
    let stored = Query::select()
        .column(epoch::Column::Epoch)
        .from(epoch::Entity)
        .and_where(Expr::col(epoch::Column::SubjectId).eq(subject.as_uuid()))
        .take();
    let stored = Expr::SubQuery(None, Box::new(stored.into()));
    let select = Query::select()
        .expr(Expr::val(1))
        .and_where(Expr::expr(Func::coalesce([stored, Expr::val(0)])).eq(big(epoch)))
        .take();
    BACKEND.build(&select)
}
