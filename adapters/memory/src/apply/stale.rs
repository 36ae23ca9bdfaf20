//! Is everything still as it was read?

use tenantry_application::{
    ports::Refusal,
    work::{Change, Expectation, UnitOfWork, Write},
};

use crate::{
    row::{Row, on_row, stored},
    state::State,
};

pub(super) fn check(state: &State, unit: &UnitOfWork) -> Result<(), Refusal> {
    for change in &unit.changes {
        let fresh = match change {
            Change::Expect(Expectation::Epoch(subject, epoch)) => state.epoch(*subject) == *epoch,
            Change::Guard(guard) => {
                let current = state.guard(guard.tenant_id, guard.set);
                guard.expected.is_none_or(|expected| expected == current)
            }
            Change::AuditSeal(seal) => state.chain(seal.tenant_id) == seal.from,
            _ => on_row!(change, write => is_fresh(state, unit, write), _ => true),
        };
        if !fresh {
            return Err(Refusal::Stale(change.kind()));
        }
    }
    Ok(())
}

fn is_fresh<T: Row>(state: &State, unit: &UnitOfWork, write: &Write<T>) -> bool {
    let read_at = match write {
        Write::Add(_) => return true,
        Write::Update(row) => row.revision(),
        Write::Remove(_, revision) => *revision,
    };
    stored(state, unit, write).is_some_and(|row| row.revision() == read_at)
}
