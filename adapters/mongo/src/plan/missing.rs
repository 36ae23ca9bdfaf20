//! Is everything there that the unit changes or counts on?

use tenantry_application::{
    ports::{PortError, Refusal},
    work::{AuditSeal, Change, Expectation, Kind, UnitOfWork, Write},
};
use tenantry_domain::{
    id::{AuditId, TenantId},
    tenant::Tenant,
};

use super::{Cell, Checked, State, Table, on_row, reads::entry_cell, require, stored};
use crate::rows::{AuditEntryRow, Stored, chain_id};

pub(super) fn check(state: &State, unit: &UnitOfWork) -> Checked {
    for change in &unit.changes {
        let there = match change {
            Change::Expect(Expectation::TenantActive(tenant)) => state.is_active(tenant.id())?,
            Change::Guard(guard) => has_tenant(state, unit, guard.tenant_id),
            Change::QuotaMove(tenant, _) => has_ledger(state, unit, *tenant)?,
            Change::AuditSeal(seal) => {
                require(
                    has_entries(state, unit, seal)?,
                    Refusal::Missing(Kind::Audit),
                )?;
                true
            }
            _ => on_row!(change, write => has_row(state, unit, write)?, _ => true),
        };
        require(there, Refusal::Missing(change.kind()))?;
    }
    Ok(())
}

fn has_row<T: Stored>(
    state: &State,
    unit: &UnitOfWork,
    write: &Write<T>,
) -> Result<bool, tenantry_application::ports::CommitError> {
    Ok(matches!(write, Write::Add(_)) || stored(state, unit, write)?.is_some())
}

/// Guards are raised after the rows are written: a tenant that the unit adds
/// is there, one that it removes is not.
fn has_tenant(state: &State, unit: &UnitOfWork, id: TenantId) -> bool {
    let write = unit.changes.iter().find_map(|change| match change {
        Change::Tenant(write) if write.id() == id => Some(write),
        _ => None,
    });
    match write {
        Some(Write::Remove(..)) => false,
        Some(Write::Add(_)) => true,
        Some(Write::Update(_)) | None => state.has(&Cell::new(Table::Tenants, Tenant::key(id))),
    }
}

fn has_ledger(state: &State, unit: &UnitOfWork, tenant: TenantId) -> Result<bool, PortError> {
    let opens =
        |change: &Change| matches!(change, Change::QuotaOpen(opened, _) if *opened == tenant);
    Ok(state.quota(tenant)?.is_some() || unit.changes.iter().any(opens))
}

fn has_entries(state: &State, unit: &UnitOfWork, seal: &AuditSeal) -> Result<bool, PortError> {
    let is_added = |id: AuditId| {
        unit.changes.iter().any(|change| {
            matches!(change, Change::Audit(entry) if entry.id == id && entry.tenant_id == seal.tenant_id)
        })
    };
    for (id, _) in &seal.seals {
        let row: Option<AuditEntryRow> = state.row(&entry_cell(*id))?;
        let waits = row.is_some_and(|row| row.waits_in(chain_id(seal.tenant_id)));
        if !waits && !is_added(*id) {
            return Ok(false);
        }
    }
    Ok(true)
}
