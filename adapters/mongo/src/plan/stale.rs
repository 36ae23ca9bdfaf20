//! Is everything still as it was read?

use tenantry_application::{
    ports::{CommitError, Refusal},
    work::{Change, Expectation, UnitOfWork, Write},
};

use super::{Checked, State, on_row, require, stored};
use crate::rows::Stored;

pub(super) fn check(state: &State, unit: &UnitOfWork) -> Checked {
    for change in &unit.changes {
        let fresh = match change {
            Change::Expect(Expectation::Epoch(subject, epoch)) => {
                let current = state.epoch(*subject)?;
                current.map_or(0, |current| current.epoch) == *epoch
            }
            Change::Guard(guard) => {
                let current = state.guard(guard.tenant_id, guard.set)?;
                guard.expected.is_none_or(|expected| expected == current)
            }
            Change::AuditSeal(seal) => state.chain(seal.tenant_id)? == seal.from,
            _ => on_row!(change, write => is_fresh(state, unit, write)?, _ => true),
        };
        require(fresh, Refusal::Stale(change.kind()))?;
    }
    Ok(())
}

fn is_fresh<T: Stored>(
    state: &State,
    unit: &UnitOfWork,
    write: &Write<T>,
) -> Result<bool, CommitError> {
    let read_at = match write {
        Write::Add(_) => return Ok(true),
        Write::Update(row) => row.revision(),
        Write::Remove(_, revision) => *revision,
    };
    Ok(stored(state, unit, write)?.is_some_and(|row| row.revision() == read_at))
}
