//! Steps on rows that many units touch: references, guards, epochs and quotas.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbBackend, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    QueryTrait,
    sea_query::{Expr, Func, OnConflict},
};
use tenantry_application::{
    ports::{EpochChange, EpochSubject},
    work::{BlobReferences, Guard, GuardedSet},
};
use tenantry_domain::{
    Timestamp,
    id::TenantId,
    quota::{Quota, QuotaMovement},
};

use tenantry_store::{
    Stored,
    rows::{blob, epoch, integer, quota, tenant},
};

use super::{Step, insert::insert};

/// Shifts the references to a blob by the rule of
/// [`Blob::shift_references`](tenantry_domain::blob::Blob::shift_references).
pub(super) fn references(references: BlobReferences, backend: DbBackend) -> Step {
    use blob::Column::{CorruptAt, Id, ReferenceCount, Revision, State, SweepAt, TenantId};
    let by = i64::from(references.shift.by);
    let shifted = Expr::col(ReferenceCount).add(by);
    let unreferenced = Expr::case(shifted.clone().eq(0), references.shift.at.as_millis());
    let mut update = blob::Entity::update_many()
        .col_expr(ReferenceCount, shifted.clone())
        .col_expr(SweepAt, unreferenced.into())
        .col_expr(Revision, Expr::col(Revision).add(1))
        .filter(Id.eq(references.blob_id.as_uuid()))
        .filter(TenantId.eq(references.tenant_id.as_uuid()))
        .filter(State.eq("stored"))
        .filter(shifted.between(0, i64::from(u32::MAX)));
    if by > 0 {
        update = update.filter(CorruptAt.is_null());
    }
    Step::ChangeOne(update.build(backend))
}

/// Raises a guard by one if it has the expected value.
pub(super) fn guard(guard: Guard, backend: DbBackend) -> Step {
    let column = match guard.set {
        GuardedSet::Members => tenant::Column::MembersVersion,
        GuardedSet::Roles => tenant::Column::RolesVersion,
    };
    let mut update = tenant::Entity::update_many()
        .col_expr(column, Expr::col(column).add(1))
        .filter(tenant::Column::Id.eq(guard.tenant_id.as_uuid()));
    if let Some(expected) = guard.expected {
        update = update.filter(column.eq(integer(expected)));
    }
    Step::ChangeOne(update.build(backend))
}

/// Raises an epoch by one, the first time to 1.
pub(super) fn epoch(subject: EpochSubject, at: Timestamp, backend: DbBackend) -> Step {
    let first = EpochChange {
        subject,
        epoch: 1,
        changed_at: at,
        // The trigger of the table assigns it.
        ordinal: None,
    };
    let raise = OnConflict::column(epoch::Column::SubjectId)
        .value(
            epoch::Column::Epoch,
            Expr::col((epoch::Entity, epoch::Column::Epoch)).add(1),
        )
        .update_column(epoch::Column::ChangedAt)
        .to_owned();
    let insert =
        epoch::Entity::insert(first.to_row().into_active_model().reset_all()).on_conflict(raise);
    Step::Change(insert.build(backend))
}

/// Creates a quota with nothing used.
pub(super) fn quota_open(tenant: TenantId, limit_bytes: u64, backend: DbBackend) -> Step {
    Step::Change(insert(&Quota::new(tenant, limit_bytes), backend))
}

/// Moves a quota by the rule of [`Quota::after`], without overflow.
pub(super) fn quota_move(tenant: TenantId, movement: QuotaMovement, backend: DbBackend) -> Step {
    use quota::Column::{LimitBytes, ReservedBytes, TenantId, UsedBytes, VersionCount};
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
    if movement.versions != 0 || movement.max_versions.is_some() {
        let counted = Expr::expr(Func::coalesce([Expr::col(VersionCount), Expr::val(0)]));
        let versions = counted.add(movement.versions);
        if let Some(max) = movement.max_versions {
            update = update.filter(versions.clone().lte(integer(max)));
        }
        let versions = Expr::case(versions.clone().lt(0), 0).finally(versions);
        update = update.col_expr(VersionCount, versions.into());
    }
    Step::ChangeOne(update.build(backend))
}
