//! Units of work as SQL statements.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbBackend, EntityTrait, ExprTrait, IntoActiveModel,
    Iterable, QueryFilter, QuerySelect, QueryTrait, Statement,
    sea_query::{Expr, Func, Query},
};
use tenantry_application::{
    match_row_change,
    ports::EpochSubject,
    work::{Change, Expectation, UnitOfWork, Write},
};
use tenantry_domain::{Revision, id::TenantId, tenant::TenantStatus};
use tenantry_store::{
    Column, Key, Scope, Stored, StoredEntity, is_same, key_columns, key_values,
    records::AuditRecord,
    rows::{epoch, integer, tenant},
};
use uuid::Uuid;

mod counters;
mod insert;
mod refusal;
mod seal;
mod step;

use insert::insert;
pub(crate) use refusal::refusal;
pub(crate) use step::Step;

/// The revision column, which every row with a revision has.
const REVISION: &str = "revision";

/// Returns the steps of a unit, in its order.
pub(crate) fn steps(unit: &UnitOfWork, backend: DbBackend) -> Vec<Step> {
    let mut steps = Vec::with_capacity(unit.changes.len());
    for change in &unit.changes {
        match change {
            Change::Expect(expectation) => steps.push(Step::Find(found(*expectation, backend))),
            Change::Row(row) => {
                steps.push(match_row_change!(row, write => row_step(write, backend)));
            }
            Change::Audit(entry) => {
                let record = AuditRecord {
                    entry: entry.clone(),
                    seal: None,
                };
                steps.push(Step::Change(insert(&record, backend)));
            }
            Change::AuditSeal(seal) => seal::push(&mut steps, seal, backend),
            Change::References(shifted) => steps.push(counters::references(*shifted, backend)),
            Change::Guard(guard) => steps.push(counters::guard(*guard, backend)),
            Change::Epoch(subject, at) => steps.push(counters::epoch(*subject, *at, backend)),
            Change::QuotaOpen(tenant, limit) => {
                steps.push(counters::quota_open(*tenant, *limit, backend));
            }
            Change::QuotaMove(tenant, movement) => {
                steps.push(counters::quota_move(*tenant, *movement, backend));
            }
        }
    }
    steps
}

/// Returns the step of a write to a row with a revision.
fn row_step<T: StoredEntity>(write: &Write<T>, backend: DbBackend) -> Step {
    let tenant = write.tenant();
    match write {
        Write::Add(entity) => {
            let mut entity = entity.clone();
            entity.set_revision(Revision::FIRST);
            Step::Change(insert(&entity, backend))
        }
        Write::Update(entity) => {
            let mut next = entity.clone();
            next.set_revision(entity.revision().next());
            let mut row = next.to_row().into_active_model().reset_all();
            for column in Column::<T>::iter().filter(|column| is_fixed::<T>(*column)) {
                row.not_set(column);
            }
            let update = T::Table::update_many().set(row).filter(target::<T>(
                entity.id().into(),
                entity.revision(),
                tenant,
            ));
            Step::ChangeOne(update.build(backend))
        }
        Write::Remove(id, _, revision) => {
            let delete =
                T::Table::delete_many().filter(target::<T>((*id).into(), *revision, tenant));
            Step::ChangeOne(delete.build(backend))
        }
    }
}

/// Returns whether updates leave a column alone.
fn is_fixed<T: Stored>(column: Column<T>) -> bool {
    let owner = T::SCOPE.column();
    key_columns::<T>()
        .chain(owner)
        .chain(T::COUNTERS.iter().copied())
        .any(|fixed| is_same(fixed, column))
}

/// Returns the condition of the row of a key with an owner and a revision.
fn target<T: Stored>(key: Key, revision: Revision, tenant: Option<TenantId>) -> Condition {
    let condition = Condition::all()
        .add(Expr::col(REVISION).eq(integer(revision.number())))
        .add(owned_by(T::SCOPE, tenant));
    keyed::<T>(condition, key)
}

fn keyed<T: Stored>(condition: Condition, key: Key) -> Condition {
    let columns = key_values::<T>(key).into_iter();
    columns.fold(condition, |condition, (column, value)| {
        condition.add(column.eq(value))
    })
}

/// Returns the condition that a row belongs to a tenant or to the platform,
/// whose rows have no tenant or the nil UUID.
fn owned_by<C: ColumnTrait>(scope: Scope<C>, tenant: Option<TenantId>) -> Condition {
    match (scope.column(), tenant) {
        (None, _) => Condition::all(),
        (Some(column), Some(tenant)) => Condition::all().add(column.eq(tenant.as_uuid())),
        (Some(column), None) => Condition::any()
            .add(column.is_null())
            .add(column.eq(Uuid::nil())),
    }
}

/// Returns the query that finds a row if an expectation holds.
fn found(expectation: Expectation, backend: DbBackend) -> Statement {
    match expectation {
        Expectation::TenantActive(tenant) => tenant::Entity::find()
            .filter(tenant::Column::Id.eq(tenant.id().as_uuid()))
            .filter(tenant::Column::Status.eq(TenantStatus::Active.as_str()))
            // The lock keeps the tenant active until the commit.
            .lock_shared()
            .build(backend),
        Expectation::Epoch(subject, epoch) => epoch_is(subject, epoch, backend),
    }
}

fn epoch_is(subject: EpochSubject, epoch: u64, backend: DbBackend) -> Statement {
    let stored = Query::select()
        .column(epoch::Column::Epoch)
        .from(epoch::Entity)
        .and_where(Expr::col(epoch::Column::SubjectId).eq(subject.as_uuid()))
        .take();
    let stored = Expr::SubQuery(None, Box::new(stored.into()));
    let select = Query::select()
        .expr(Expr::val(1))
        .and_where(Expr::expr(Func::coalesce([stored, Expr::val(0)])).eq(integer(epoch)))
        .take();
    backend.build(&select)
}
