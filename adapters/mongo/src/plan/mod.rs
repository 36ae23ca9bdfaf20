//! Units of work as changes of documents.
//!
//! Before a unit is applied, every document it depends on is read
//! ([`reads`]); then all its expectations are checked, class by class
//! (missing, stale, duplicate, quota), and only where all hold is it written
//! to the [`State`], which units behind it in the same group see.

mod cell;
mod claim;
mod duplicate;
mod missing;
mod quota;
mod reads;
mod stale;
mod state;
mod write;

pub(crate) use cell::{Cell, Key, Table, bson_id};
pub(crate) use claim::Claim;
pub(crate) use reads::reads;
pub(crate) use state::{Image, State, from_document};

use tenantry_application::{
    ports::{CommitError, PortError, Refusal},
    work::{UnitOfWork, Write},
};

use crate::rows::Stored;

/// Why a unit is not applied, or that it could not be told.
pub(crate) type Checked = Result<(), CommitError>;

/// Applies all of a unit to the state, or nothing and says why. After an
/// error outside the answer the state is of no use any more.
pub(crate) fn apply(state: &mut State, unit: &UnitOfWork) -> Result<Checked, PortError> {
    if let Err(error) = check(state, unit) {
        return Ok(Err(error));
    }
    write::all(state, unit)?;
    Ok(Ok(()))
}

fn check(state: &State, unit: &UnitOfWork) -> Checked {
    missing::check(state, unit)?;
    stale::check(state, unit)?;
    duplicate::check(state, unit)?;
    quota::check(state, unit)
}

/// A refusal where a condition does not hold.
fn require(holds: bool, refusal: Refusal) -> Checked {
    if holds {
        Ok(())
    } else {
        Err(CommitError::Refused(refusal))
    }
}

/// The stored row that an update or removal means, as far as its unit may
/// see it: another tenant's row is not there.
fn stored<T: Stored>(
    state: &State,
    unit: &UnitOfWork,
    write: &Write<T>,
) -> Result<Option<T>, CommitError> {
    let row = state.entity::<T>(write.id())?;
    Ok(row.filter(|row| match write {
        Write::Update(new) => new.tenant() == row.tenant(),
        Write::Remove(..) | Write::Add(_) => row.tenant().is_none() || row.tenant() == unit.tenant,
    }))
}

/// Does something with the write of whatever kind of row a change has.
macro_rules! on_row {
    ($change:expr, $write:ident => $then:expr, _ => $otherwise:expr) => {
        match $change {
            tenantry_application::work::Change::Identity($write) => $then,
            tenantry_application::work::Change::Tenant($write) => $then,
            tenantry_application::work::Change::Role($write) => $then,
            tenantry_application::work::Change::Membership($write) => $then,
            tenantry_application::work::Change::Session($write) => $then,
            tenantry_application::work::Change::File($write) => $then,
            tenantry_application::work::Change::Blob($write) => $then,
            tenantry_application::work::Change::Version($write) => $then,
            tenantry_application::work::Change::Job($write) => $then,
            tenantry_application::work::Change::Idempotency($write) => $then,
            _ => $otherwise,
        }
    };
}
use on_row;
