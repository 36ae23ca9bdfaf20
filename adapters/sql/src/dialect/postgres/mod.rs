//! `PostgreSQL`.
//!
//! What one tenant commits is written by one task at a time, as much of it as
//! waits in one transaction; different tenants write side by side. A unit is
//! one statement, and so one way to the server and back: each step is a part
//! of its `WITH`, and its end divides by zero where a step did not do what it
//! must.
//!
//! What is done for one tenant stands behind a second wall: see `wall`.

use std::sync::Arc;

use sea_orm::DbBackend;
use tenantry_application::{
    ports::PortError,
    work::{Change, Entity, UnitOfWork, Write},
};

use super::{Dialect, Opened};
use crate::{PostgresOptions, reader::Reader};

mod connect;
mod errors;
mod unit;
mod wall;
mod writing;

pub(crate) use connect::migrate_locked;
pub(crate) use errors::{is_unstorable, kind_of};
pub(crate) use unit::{call, numbered};
pub(crate) use wall::{check, enter};
pub(crate) use writing::Writing;

/// For building statements.
const BACKEND: DbBackend = DbBackend::Postgres;

/// See [`Dialect::claim`]. Workers that look at the same time do not wait for
/// one another, and none takes what another is about to.
pub(crate) const CLAIM: &str = claim!(" FOR UPDATE SKIP LOCKED");

/// Whether no step of a unit looks at what another step of it has written:
/// the parts of one statement do not see each other's rows.
pub(super) fn is_plain(unit: &UnitOfWork) -> bool {
    !unit.changes.iter().any(|change| {
        matches!(
            change,
            Change::Tenant(Write::Add(_) | Write::Remove(..))
                | Change::QuotaOpen(..)
                | Change::AuditSeal(_)
        )
    })
}

/// Whether a unit is of one tenant alone, and touches nothing of the platform.
pub(super) fn is_of_tenant(unit: &UnitOfWork) -> bool {
    unit.tenant.is_some()
        && unit.changes.iter().all(|change| match change {
            Change::Expect(_)
            | Change::File(_)
            | Change::Blob(_)
            | Change::Version(_)
            | Change::QuotaMove(..) => true,
            Change::Job(write) => is_row_of(unit, write),
            Change::Idempotency(write) => is_row_of(unit, write),
            Change::Audit(entry) => entry.tenant_id == unit.tenant,
            Change::AuditSeal(seal) => seal.tenant_id == unit.tenant,
            _ => false,
        })
}

/// Rows of these kinds may be the platform's.
fn is_row_of<T: Entity>(unit: &UnitOfWork, write: &Write<T>) -> bool {
    match write {
        Write::Add(row) | Write::Update(row) => row.tenant() == unit.tenant,
        Write::Remove(..) => false,
    }
}

/// Connects to the server.
pub(super) async fn open(options: &PostgresOptions) -> Result<Opened, PortError> {
    let writers = (options.connections / 4).clamp(1, 8);
    let readers = options.connections.saturating_sub(writers).max(1);
    let link = connect::open(options, readers, writers).await?;
    let guarded = options.row_security && options.guarded_reads;
    let reader = Reader::new(Arc::clone(&link), Dialect::Postgres, guarded);
    let writing = super::Writing::Postgres(Writing {
        link,
        tasks: writers as usize,
        walled: options.row_security,
    });
    Ok(Opened { reader, writing })
}
