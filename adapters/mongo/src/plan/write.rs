//! Writing a unit whose every expectation holds.

use mongodb::bson::doc;
use tenantry_application::{
    ports::{EpochChange, PortError},
    work::{AuditSeal, Change, Guard, GuardedSet, UnitOfWork, Write},
};
use tenantry_domain::{Revision, tenant::Tenant};

use super::{
    Cell, State, on_row,
    quota::empty,
    reads::entry_cell,
    state::{chain_cell, epoch_cell, quota_cell},
};
use crate::rows::{AuditChainRow, AuditEntryRow, EpochRow, QuotaRow, Stored, TenantRow, chain_id};

pub(super) fn all(state: &mut State, unit: &UnitOfWork) -> Result<(), PortError> {
    for change in &unit.changes {
        one(state, change)?;
    }
    Ok(())
}

fn one(state: &mut State, change: &Change) -> Result<(), PortError> {
    match change {
        Change::Expect(_) => Ok(()),
        Change::Audit(entry) => state.put(entry_cell(entry.id), &AuditEntryRow::new(entry)),
        Change::AuditSeal(seal) => seal_entries(state, seal),
        Change::Guard(guard) => raise(state, *guard),
        Change::Epoch(subject, at) => {
            let epoch = state.epoch(*subject)?.map_or(0, |change| change.epoch);
            let raised = EpochRow::new(EpochChange {
                subject: *subject,
                epoch: epoch + 1,
                changed_at: *at,
            });
            state.put(epoch_cell(*subject), &raised)
        }
        Change::QuotaOpen(tenant, limit) => {
            let ledger = QuotaRow::new(&empty(*tenant, *limit));
            state.put(quota_cell(*tenant), &ledger)
        }
        Change::QuotaMove(tenant, movement) => {
            let ledger = state.quota(*tenant)?;
            match ledger.and_then(|ledger| ledger.after(*movement)) {
                Some(moved) => state.put(quota_cell(*tenant), &QuotaRow::new(&moved)),
                None => Ok(()),
            }
        }
        // A row of its own, for its guards stand beside its revision.
        Change::Tenant(Write::Update(tenant)) => {
            let stored = state.entity::<Tenant>(tenant.id)?;
            let guards = stored.map_or((0, 0), |row| (row.members_version, row.roles_version));
            let tenant = Tenant {
                members_version: guards.0,
                roles_version: guards.1,
                ..tenant.clone()
            };
            row(state, &Write::Update(tenant))
        }
        _ => on_row!(change, write => row(state, write), _ => Ok(())),
    }
}

/// Writes a row and what it holds, and lets go what it held.
fn row<T: Stored>(state: &mut State, write: &Write<T>) -> Result<(), PortError> {
    let cell = Cell::new(T::TABLE, T::key(write.id()));
    if let Some(old) = state.entity::<T>(write.id())? {
        for claim in old.claims() {
            state.remove(claim.cell());
        }
    }
    let new = match write {
        Write::Remove(..) => {
            state.remove(cell);
            return Ok(());
        }
        Write::Update(new) => new.at(new.revision().next()),
        Write::Add(new) => new.at(Revision::FIRST),
    };
    for claim in new.claims() {
        let cell = claim.cell();
        let id = doc! { "_id": &cell.key };
        state.put(cell, &id)?;
    }
    state.put(cell, &new.to_row())
}

/// A guard rises beside the revision of its tenant's row, which stays.
fn raise(state: &mut State, guard: Guard) -> Result<(), PortError> {
    let cell = Cell::new(Tenant::TABLE, Tenant::key(guard.tenant_id));
    let Some(mut tenant) = state.row::<TenantRow>(&cell)? else {
        return Ok(());
    };
    match guard.set {
        GuardedSet::Members => tenant.members_version += 1,
        GuardedSet::Roles => tenant.roles_version += 1,
    }
    state.put(cell, &tenant)
}

fn seal_entries(state: &mut State, seal: &AuditSeal) -> Result<(), PortError> {
    for (id, place) in &seal.seals {
        let cell = entry_cell(*id);
        if let Some(mut entry) = state.row::<AuditEntryRow>(&cell)? {
            entry.seal(place);
            state.put(cell, &entry)?;
        }
    }
    let chain = AuditChainRow::new(chain_id(seal.tenant_id), seal.to());
    state.put(chain_cell(seal.tenant_id), &chain)
}
