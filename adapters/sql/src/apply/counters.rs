//! Steps on what many units touch at once: guards, epochs and ledgers.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbBackend, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    QueryTrait,
    sea_query::{Expr, OnConflict},
};
use tenantry_application::{
    ports::EpochSubject,
    work::{Guard, GuardedSet},
};
use tenantry_domain::{Timestamp, id::TenantId, quota::QuotaMovement, tenant::Tenant};

use crate::{
    convert::{Stored, big, subject_kind},
    dialect::Step,
    entity::{epoch, quota, tenant},
};

/// Raises a guard by one, if it is what was read.
pub(super) fn guard(guard: Guard, on: DbBackend) -> Step {
    let column = match guard.set {
        GuardedSet::Members => tenant::Column::MembersVersion,
        GuardedSet::Roles => tenant::Column::RolesVersion,
    };
    let mut update = tenant::Entity::update_many()
        .col_expr(column, Expr::col(column).add(1))
        .filter(<Tenant as Stored>::keyed(guard.tenant_id));
    if let Some(expected) = guard.expected {
        update = update.filter(column.eq(big(expected)));
    }
    Step::ChangeOne(update.build(on))
}

/// Raises an epoch by one, from nothing to 1.
pub(super) fn epoch(subject: EpochSubject, at: Timestamp, on: DbBackend) -> Step {
    let row = epoch::Model {
        subject_id: subject.as_uuid(),
        kind: subject_kind(subject).to_owned(),
        epoch: 1,
        changed_at: at.as_millis(),
    };
    let raise = OnConflict::column(epoch::Column::SubjectId)
        .value(
            epoch::Column::Epoch,
            Expr::col((epoch::Entity, epoch::Column::Epoch)).add(1),
        )
        .update_column(epoch::Column::ChangedAt)
        .to_owned();
    let insert = epoch::Entity::insert(row.into_active_model().reset_all()).on_conflict(raise);
    Step::Change(insert.build(on))
}

/// Makes a ledger with nothing used.
pub(super) fn quota_open(tenant: TenantId, limit_bytes: u64, on: DbBackend) -> Step {
    let row = quota::Model {
        tenant_id: tenant.as_uuid(),
        limit_bytes: big(limit_bytes),
        used_bytes: 0,
        reserved_bytes: 0,
    };
    Step::Change(quota::Entity::insert(row.into_active_model().reset_all()).build(on))
}

/// Moves a ledger by the rule of
/// [`Quota::after`](tenantry_domain::quota::Quota::after), written so that no
/// sum can overflow.
pub(super) fn quota_move(tenant: TenantId, movement: QuotaMovement, on: DbBackend) -> Step {
    use quota::Column::{LimitBytes, ReservedBytes, TenantId, UsedBytes};
    let mut update = quota::Entity::update_many()
        .col_expr(UsedBytes, Expr::col(UsedBytes).add(movement.used))
        .col_expr(
            ReservedBytes,
            Expr::col(ReservedBytes).add(movement.reserved),
        )
        .filter(TenantId.eq(tenant.as_uuid()))
        .filter(UsedBytes.gte(movement.used.saturating_neg()))
        .filter(ReservedBytes.gte(movement.reserved.saturating_neg()));
    if movement.takes() > 0 {
        let taken = Expr::col(UsedBytes).add(Expr::col(ReservedBytes));
        let most = Expr::col(LimitBytes).sub(movement.takes());
        update = update.filter(taken.lte(most));
    }
    Step::ChangeOne(update.build(on))
}
