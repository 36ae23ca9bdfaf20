//! What lies in the tables, as the domain knows it, and back.
//!
//! One file a kind of row. Reading checks everything the domain's types
//! promise; what does not hold it was not written by this program and is
//! [`Corrupt`](tenantry_application::ports::PortErrorKind::Corrupt).

use sea_orm::{Condition, EntityTrait, IntoActiveModel};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::{Change, Entity, Write},
};
use tenantry_domain::id::TenantId;

mod audit;
mod blob;
mod epoch;
mod file;
mod idempotency;
mod identity;
mod job;
mod membership;
mod quota;
mod reading;
mod role;
mod session;
mod tags;
mod tenant;
mod version;

pub(crate) use audit::{chain_id, entry_from_row, entry_to_row, head_from_row, sealed_from_row};
pub(crate) use epoch::{change_from_row, subject_kind};
pub(crate) use file::in_place;
pub(crate) use idempotency::in_scope;
pub(crate) use quota::quota_from_row;
pub(crate) use reading::Reading;

/// The model of a table's rows.
pub(crate) type Row<T> = <<T as Stored>::Table as EntityTrait>::Model;

/// A column of a table.
pub(crate) type Column<T> = <<T as Stored>::Table as EntityTrait>::Column;

/// An entity of the domain with an id and a revision, and the table of its rows.
pub(crate) trait Stored: Entity + Sized {
    /// The table.
    type Table: EntityTrait<
            Model: IntoActiveModel<<Self::Table as EntityTrait>::ActiveModel> + Sync,
            ActiveModel: Send,
        >;

    /// The column of the revision.
    const REVISION: Column<Self>;

    /// The columns that tell which row it is and never change.
    const FIXED: &'static [Column<Self>];

    /// The row with an id.
    fn keyed(id: Self::Id) -> Condition;

    /// The rows that a handle of this tenant, or of the platform, may reach:
    /// every read and write of rows that belong to a tenant goes through it.
    fn within(tenant: Option<TenantId>) -> Condition;

    /// The row to write.
    fn to_row(&self) -> Row<Self>;

    /// The entity of a row that was read.
    fn from_row(row: Row<Self>) -> Result<Self, PortError>;

    /// What a change writes to rows of this kind, if it is about one.
    fn written_by(change: &Change) -> Option<&Write<Self>>;

    /// The keys that no other row may have, besides the id.
    fn unique_keys(&self) -> Vec<(UniqueKey, Condition)> {
        Vec::new()
    }
}

/// Rows that belong to no tenant are reached from anywhere.
fn everywhere() -> Condition {
    Condition::all()
}

/// Rows of one tenant; without a tenant there are none.
fn of_tenant(column: impl sea_orm::ColumnTrait, tenant: Option<TenantId>) -> Condition {
    Condition::all().add(match tenant {
        Some(tenant) => column.eq(tenant.as_uuid()),
        None => column.is_null(),
    })
}

/// A count for a column: the tables know signed 64-bit numbers alone. Larger
/// counts do not occur but as limits that mean "no limit", and there the
/// largest number means the same.
pub(crate) fn big(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
