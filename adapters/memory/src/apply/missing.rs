//! Is everything there that the unit changes or counts on?

use tenantry_application::{
    ports::Refusal,
    work::{AuditSeal, Change, Expectation, Kind, UnitOfWork, Write},
};
use tenantry_domain::id::{AuditId, TenantId};

use crate::{
    row::{Row, on_row, stored},
    state::State,
};

pub(super) fn check(state: &State, unit: &UnitOfWork) -> Result<(), Refusal> {
    for change in &unit.changes {
        let there = match change {
            Change::Expect(Expectation::TenantActive(tenant)) => state.is_active(tenant.id()),
            Change::Guard(guard) => has_tenant(state, unit, guard.tenant_id),
            Change::QuotaMove(tenant, _) => has_ledger(state, unit, *tenant),
            Change::AuditSeal(seal) if !has_entries(state, unit, seal) => {
                return Err(Refusal::Missing(Kind::Audit));
            }
            _ => on_row!(change, write => has_row(state, unit, write), _ => true),
        };
        if !there {
            return Err(Refusal::Missing(change.kind()));
        }
    }
    Ok(())
}

fn has_row<T: Row>(state: &State, unit: &UnitOfWork, write: &Write<T>) -> bool {
    matches!(write, Write::Add(_)) || stored(state, unit, write).is_some()
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
        Some(Write::Update(_)) | None => state.tenants.contains_key(&id),
    }
}

fn has_ledger(state: &State, unit: &UnitOfWork, tenant: TenantId) -> bool {
    let opens =
        |change: &Change| matches!(change, Change::QuotaOpen(opened, _) if *opened == tenant);
    state.quotas.contains_key(&tenant) || unit.changes.iter().any(opens)
}

fn has_entries(state: &State, unit: &UnitOfWork, seal: &AuditSeal) -> bool {
    let waits = |id: &AuditId| {
        let record = state.audit.get(id);
        record
            .is_some_and(|record| record.entry.tenant_id == seal.tenant_id && record.seal.is_none())
    };
    let is_added = |id: &AuditId| {
        unit.changes.iter().any(|change| {
            matches!(change, Change::Audit(entry) if entry.id == *id && entry.tenant_id == seal.tenant_id)
        })
    };
    seal.seals.iter().all(|(id, _)| waits(id) || is_added(id))
}
