//! Is every id and unique key free that the unit takes?

use std::collections::HashMap;

use tenantry_application::{
    ports::{Refusal, UniqueKey},
    work::{Change, Kind, UnitOfWork, Write},
};

use crate::{
    row::{Claim, Row, on_row, stored},
    state::State,
};

pub(super) fn check(state: &State, unit: &UnitOfWork) -> Result<(), Refusal> {
    let mut claims = Claims {
        state,
        unit,
        changed: HashMap::new(),
    };
    for change in &unit.changes {
        match change {
            Change::Audit(entry) if state.audit.contains_key(&entry.id) => {
                return Err(taken(Kind::Audit));
            }
            Change::QuotaOpen(tenant, _) if state.quotas.contains_key(tenant) => {
                return Err(taken(Kind::Quota));
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
    fn follow<T: Row>(&mut self, write: &Write<T>) -> Result<(), Refusal> {
        match write {
            Write::Remove(..) => {
                self.release(write);
                Ok(())
            }
            Write::Update(row) => {
                self.release(write);
                self.take(row)
            }
            Write::Add(row) if T::table(self.state).contains_key(&row.id()) => Err(taken(T::KIND)),
            Write::Add(row) => self.take(row),
        }
    }

    fn release<T: Row>(&mut self, write: &Write<T>) {
        if let Some(row) = stored(self.state, self.unit, write) {
            let claims = row.claims().into_iter();
            self.changed.extend(claims.map(|claim| (claim, false)));
        }
    }

    fn take<T: Row>(&mut self, row: &T) -> Result<(), Refusal> {
        for claim in row.claims() {
            let held = self.state.claims.contains(&claim);
            if *self.changed.get(&claim).unwrap_or(&held) {
                return Err(Refusal::Duplicate(claim.key()));
            }
            self.changed.insert(claim, true);
        }
        Ok(())
    }
}
