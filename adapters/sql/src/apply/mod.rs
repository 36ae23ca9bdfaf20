//! Units of work as steps that a database takes.

use sea_orm::{
    ActiveModelTrait, DbBackend, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QuerySelect,
    QueryTrait, Statement,
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
    dialect::Step,
    entity::{audit_entry, epoch, tenant},
};

mod counters;
mod refusal;
mod seal;

pub(crate) use refusal::refusal;

/// The steps of a unit, in its order.
pub(crate) fn steps(unit: &UnitOfWork, on: DbBackend) -> Vec<Step> {
    let mut steps = Vec::with_capacity(unit.changes.len());
    for change in &unit.changes {
        match change {
            Change::Expect(expectation) => steps.push(Step::Find(found(*expectation, on))),
            Change::Identity(write) => steps.push(row(write, unit.tenant, on)),
            Change::Tenant(write) => steps.push(row(write, unit.tenant, on)),
            Change::Role(write) => steps.push(row(write, unit.tenant, on)),
            Change::Membership(write) => steps.push(row(write, unit.tenant, on)),
            Change::Session(write) => steps.push(row(write, unit.tenant, on)),
            Change::File(write) => steps.push(row(write, unit.tenant, on)),
            Change::Blob(write) => steps.push(row(write, unit.tenant, on)),
            Change::Version(write) => steps.push(row(write, unit.tenant, on)),
            Change::Job(write) => steps.push(row(write, unit.tenant, on)),
            Change::Idempotency(write) => steps.push(row(write, unit.tenant, on)),
            Change::Audit(entry) => {
                let row = entry_to_row(entry).into_active_model().reset_all();
                let insert = audit_entry::Entity::insert(row);
                steps.push(Step::Change(insert.build(on)));
            }
            Change::AuditSeal(seal) => seal::push(&mut steps, seal, on),
            Change::Guard(guard) => steps.push(counters::guard(*guard, on)),
            Change::Epoch(subject, at) => steps.push(counters::epoch(*subject, *at, on)),
            Change::QuotaOpen(tenant, limit) => {
                steps.push(counters::quota_open(*tenant, *limit, on));
            }
            Change::QuotaMove(tenant, movement) => {
                steps.push(counters::quota_move(*tenant, *movement, on));
            }
        }
    }
    steps
}

/// The step of a write to a row that has a revision.
fn row<T: Stored>(write: &Write<T>, tenant: Option<TenantId>, on: DbBackend) -> Step {
    match write {
        Write::Add(entity) => {
            let mut row = entity.to_row().into_active_model().reset_all();
            row.set(T::REVISION, big(Revision::FIRST.number()).into());
            Step::Change(T::Table::insert(row).build(on))
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
            Step::ChangeOne(update.build(on))
        }
        Write::Remove(id, revision) => {
            let delete = T::Table::delete_many()
                .filter(T::keyed(*id))
                .filter(T::within(tenant))
                .filter(at_revision::<T>(*revision));
            Step::ChangeOne(delete.build(on))
        }
    }
}

fn at_revision<T: Stored>(revision: Revision) -> Expr {
    sea_orm::ColumnTrait::eq(&T::REVISION, big(revision.number()))
}

/// A query that finds a row where an expectation holds.
fn found(expectation: Expectation, on: DbBackend) -> Statement {
    match expectation {
        Expectation::TenantActive(tenant) => tenant::Entity::find()
            .filter(<Tenant as Stored>::keyed(tenant.id()))
            .filter(sea_orm::ColumnTrait::eq(
                &tenant::Column::Status,
                TenantStatus::Active.as_str(),
            ))
            // Where several write at once, it stays so until the commit.
            .lock_shared()
            .build(on),
        Expectation::Epoch(subject, epoch) => epoch_is(subject, epoch, on),
    }
}

fn epoch_is(subject: EpochSubject, epoch: u64, on: DbBackend) -> Statement {
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
    on.build(&select)
}
