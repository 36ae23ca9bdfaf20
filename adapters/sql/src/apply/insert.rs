//! The statement that inserts a row.

use sea_orm::{ActiveModelTrait, DbBackend, EntityTrait, IntoActiveModel, QueryTrait, Statement};
use tenantry_store::Stored;

/// Returns the statement that inserts a row.
pub(super) fn insert<T: Stored>(entity: &T, backend: DbBackend) -> Statement {
    let row = entity.to_row().into_active_model().reset_all();
    T::Table::insert(row).build(backend)
}
