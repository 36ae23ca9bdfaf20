//! Is every id and unique key free that the unit takes?

use std::collections::HashMap;

use tenantry_application::{
    ports::{Refusal, UniqueKey},
    work::{Change, Kind, UnitOfWork, Write},
};

use super::{
    Cell, Checked, Claim, State, on_row, reads::entry_cell, require, state::quota_cell, stored,
};
use crate::rows::Stored;

pub(super) fn check(state: &State, unit: &UnitOfWork) -> Checked {
    let mut claims = Claims {
        state,
        unit,
        changed: HashMap::new(),
    };
    for change in &unit.changes {
        match change {
            Change::Audit(entry) => {
                require(!state.has(&entry_cell(entry.id)), taken(Kind::Audit))?;
            }
            Change::QuotaOpen(tenant, _) => {
                require(!state.has(&quota_cell(*tenant)), taken(Kind::Quota))?;
            }
            _ => on_row!(change, write => claims.follow(write)?, _ => ()),
        }
    }
    Ok(())
}

fn taken(kind: Kind) -> Refusal {
    Refusal::Duplicate(UniqueKey::Id(kind))
}

/// The unique keys as they stand after the changes so far. A key that one
/// change lets go is free for those behind it.
struct Claims<'s> {
    state: &'s State,
    unit: &'s UnitOfWork,
    changed: HashMap<Claim, bool>,
}

impl Claims<'_> {
    fn follow<T: Stored>(&mut self, write: &Write<T>) -> Checked {
        match write {
            Write::Remove(..) => self.release(write),
            Write::Update(row) => {
                self.release(write)?;
                self.take(row)
            }
            Write::Add(row) => {
                let cell = Cell::new(T::TABLE, T::key(row.id()));
                require(!self.state.has(&cell), taken(T::KIND))?;
                self.take(row)
            }
        }
    }

    fn release<T: Stored>(&mut self, write: &Write<T>) -> Checked {
        if let Some(row) = stored(self.state, self.unit, write)? {
            let claims = row.claims().into_iter();
            self.changed.extend(claims.map(|claim| (claim, false)));
        }
        Ok(())
    }

    fn take<T: Stored>(&mut self, row: &T) -> Checked {
        for claim in row.claims() {
            let held = match self.changed.get(&claim) {
                Some(held) => *held,
                None => self.state.has(&claim.cell()),
            };
            require(!held, Refusal::Duplicate(claim.key))?;
            self.changed.insert(claim, true);
        }
        Ok(())
    }
}
