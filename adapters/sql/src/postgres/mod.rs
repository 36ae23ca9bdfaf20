//! `PostgreSQL`.
//!
//! One task at a time writes the commits of a tenant, all that wait in one
//! transaction; different tenants write concurrently. A unit is one statement
//! unless it is large, and so one round trip: each step is a part of its `WITH`, and the end divides
//! by zero if a step did not have the required result.
//!
//! Row-level security is a second line of defence between tenants: see `row_security`.

use sea_orm::DbBackend;
use tenantry_application::{
    match_row_change,
    work::{Change, RowChange, UnitOfWork, Write},
};
use tenantry_store::{Scope, StoredEntity};

mod connect;
mod group_writer;
mod preflight;
mod row_security;
mod row_security_check;
mod server;
mod unit;

pub(crate) use connect::{connect, migrate_locked};
pub(crate) use group_writer::GroupWriter;
pub(crate) use row_security::restrict;
pub(crate) use row_security_check::check;
pub(crate) use unit::calls;

/// The backend for building statements.
const BACKEND: DbBackend = DbBackend::Postgres;

/// Returns whether no step of a unit reads rows that another step writes: the
/// parts of one statement do not see each other's rows.
pub(crate) fn is_plain(unit: &UnitOfWork) -> bool {
    !unit.changes.iter().any(|change| {
        matches!(
            change,
            Change::Row(RowChange::Tenant(Write::Add(_) | Write::Remove(..)))
                | Change::QuotaOpen(..)
                | Change::AuditSeal(_)
        )
    })
}

/// Returns whether a unit touches rows of its tenant only.
fn is_of_tenant(unit: &UnitOfWork) -> bool {
    unit.tenant.is_some()
        && unit.changes.iter().all(|change| match change {
            Change::Expect(_) | Change::QuotaMove(..) => true,
            Change::Row(row) => match_row_change!(row, write => is_row_of(unit, write)),
            Change::Audit(entry) => entry.tenant_id == unit.tenant,
            Change::AuditSeal(seal) => seal.tenant_id == unit.tenant,
            Change::References(references) => Some(references.tenant_id) == unit.tenant,
            Change::Guard(_) | Change::Epoch(..) | Change::QuotaOpen(..) => false,
        })
}

fn is_row_of<T: StoredEntity>(unit: &UnitOfWork, write: &Write<T>) -> bool {
    match T::SCOPE {
        Scope::Tenant(_) | Scope::Shared(_) => write.tenant() == unit.tenant,
        Scope::Platform | Scope::Managed(_) => false,
    }
}
