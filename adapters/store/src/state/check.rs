//! The checks of a unit, one a class of refusal.

use std::collections::HashMap;

use tenantry_application::{
    match_row_change,
    ports::{Refusal, UniqueKey},
    work::{AuditSeal, Change, Entity, Expectation, Kind, RowChange, UnitOfWork, Write},
};
use tenantry_domain::{
    id::{AuditId, TenantId},
    quota::Quota,
    tenant::Tenant,
};

use super::rows::State;
use crate::{Claim, StoredEntity, claims, records::AuditRecord};

impl State {
    /// Checks every expectation of a unit.
    pub fn check(&self, unit: &UnitOfWork) -> Result<(), Refusal> {
        missing(self, unit)?;
        stale(self, unit)?;
        duplicate(self, unit)?;
        quota(self, unit)
    }
}

/// Checks that everything exists that the unit changes or depends on.
fn missing(state: &State, unit: &UnitOfWork) -> Result<(), Refusal> {
    for change in &unit.changes {
        let missing = match change {
            Change::AuditSeal(_) => Kind::Audit,
            _ => change.kind(),
        };
        let exists = match change {
            Change::Expect(Expectation::TenantActive(tenant)) => state.is_active(tenant.id()),
            Change::Expect(Expectation::Epoch(..))
            | Change::Audit(_)
            | Change::Epoch(..)
            | Change::QuotaOpen(..) => true,
            Change::Row(row) => match_row_change!(row, write => {
                matches!(write, Write::Add(_)) || state.stored(write).is_some()
            }),
            Change::References(references) => state.referenced(*references).is_some(),
            Change::Guard(guard) => has_tenant(state, unit, guard.tenant_id),
            Change::AuditSeal(seal) => has_entries(state, unit, seal),
            Change::QuotaMove(tenant, _) => {
                state.quota(*tenant).is_some() || opened(unit, *tenant).is_some()
            }
        };
        if !exists {
            return Err(Refusal::Missing(missing));
        }
    }
    Ok(())
}

/// Returns whether the tenant of a guard exists once the rows are written.
fn has_tenant(state: &State, unit: &UnitOfWork, id: TenantId) -> bool {
    let write = unit.changes.iter().find_map(|change| match change {
        Change::Row(RowChange::Tenant(write)) if write.id() == id => Some(write),
        _ => None,
    });
    match write {
        Some(Write::Remove(..)) => false,
        Some(Write::Add(_)) => true,
        Some(Write::Update(_)) | None => state.get::<Tenant>(id).is_some(),
    }
}

/// Returns whether the entries of a seal exist without a seal, or are added by
/// the same unit.
fn has_entries(state: &State, unit: &UnitOfWork, seal: &AuditSeal) -> bool {
    let is_unsealed = |id: &AuditId| {
        let record = state.get::<AuditRecord>(*id);
        record
            .is_some_and(|record| record.entry.tenant_id == seal.tenant_id && record.seal.is_none())
    };
    let is_added = |id: &AuditId| {
        unit.changes.iter().any(|change| {
            matches!(change, Change::Audit(entry) if entry.id == *id && entry.tenant_id == seal.tenant_id)
        })
    };
    seal.seals
        .iter()
        .all(|(id, _)| is_unsealed(id) || is_added(id))
}

/// Checks that everything is as it was read.
fn stale(state: &State, unit: &UnitOfWork) -> Result<(), Refusal> {
    for change in &unit.changes {
        let is_fresh = match change {
            Change::Expect(Expectation::Epoch(subject, epoch)) => state.epoch(*subject) == *epoch,
            Change::Row(row) => match_row_change!(row, write => is_fresh(state, write)),
            Change::References(references) => {
                let blob = state.referenced(*references).cloned();
                blob.is_some_and(|mut blob| blob.shift_references(references.shift).is_ok())
            }
            Change::Guard(guard) => {
                let current = state.guard(guard.tenant_id, guard.set);
                guard.expected.is_none_or(|expected| expected == current)
            }
            Change::AuditSeal(seal) => state.chain(seal.tenant_id) == seal.from,
            Change::Expect(Expectation::TenantActive(_))
            | Change::Audit(_)
            | Change::Epoch(..)
            | Change::QuotaOpen(..)
            | Change::QuotaMove(..) => true,
        };
        if !is_fresh {
            return Err(Refusal::Stale(change.kind()));
        }
    }
    Ok(())
}

fn is_fresh<T: StoredEntity>(state: &State, write: &Write<T>) -> bool {
    let revision = match write {
        Write::Add(_) => return true,
        Write::Update(row) => row.revision(),
        Write::Remove(_, _, revision) => *revision,
    };
    let row = state.stored(write);
    row.is_some_and(|row| Entity::revision(row) == revision)
}

/// Checks that every primary key and unique key the unit takes is free.
fn duplicate(state: &State, unit: &UnitOfWork) -> Result<(), Refusal> {
    let mut keys = Keys {
        state,
        changed: HashMap::new(),
    };
    for change in &unit.changes {
        match change {
            Change::Row(row) => match_row_change!(row, write => keys.follow(write)?),
            Change::Audit(entry) if state.get::<AuditRecord>(entry.id).is_some() => {
                return Err(taken(Kind::Audit));
            }
            Change::QuotaOpen(tenant, _) if state.quota(*tenant).is_some() => {
                return Err(taken(Kind::Quota));
            }
            Change::Expect(_)
            | Change::Audit(_)
            | Change::AuditSeal(_)
            | Change::References(_)
            | Change::Guard(_)
            | Change::Epoch(..)
            | Change::QuotaOpen(..)
            | Change::QuotaMove(..) => {}
        }
    }
    Ok(())
}

fn taken(kind: Kind) -> Refusal {
    Refusal::Duplicate(UniqueKey::Id(kind))
}

/// The unique keys after the changes so far. A key that one change releases is
/// free for the changes after it.
struct Keys<'s> {
    state: &'s State,
    changed: HashMap<Claim, bool>,
}

impl Keys<'_> {
    fn follow<T: StoredEntity>(&mut self, write: &Write<T>) -> Result<(), Refusal> {
        if let Write::Add(row) = write
            && self.state.get::<T>(row.id()).is_some()
        {
            return Err(taken(<T as Entity>::KIND));
        }
        if let (Write::Remove(..) | Write::Update(_), Some(row)) = (write, self.state.stored(write))
        {
            let released = claims(row).into_iter();
            self.changed.extend(released.map(|claim| (claim, false)));
        }
        let (Write::Add(row) | Write::Update(row)) = write else {
            return Ok(());
        };
        for claim in claims(row) {
            let is_held = self.changed.get(&claim).copied();
            if is_held.unwrap_or_else(|| self.state.is_claimed(&claim)) {
                return Err(Refusal::Duplicate(claim.key));
            }
            self.changed.insert(claim, true);
        }
        Ok(())
    }
}

/// Checks that the bytes the unit takes are available.
fn quota(state: &State, unit: &UnitOfWork) -> Result<(), Refusal> {
    for change in &unit.changes {
        if let Change::QuotaMove(tenant, movement) = change {
            let quota = state.quota(*tenant).or_else(|| opened(unit, *tenant));
            if quota.and_then(|quota| quota.after(*movement)).is_none() {
                return Err(Refusal::Quota);
            }
        }
    }
    Ok(())
}

/// Returns the quota that the unit itself creates for a tenant.
fn opened(unit: &UnitOfWork, tenant: TenantId) -> Option<Quota> {
    unit.changes.iter().find_map(|change| match change {
        Change::QuotaOpen(opened, limit) if *opened == tenant => Some(Quota::new(tenant, *limit)),
        _ => None,
    })
}
