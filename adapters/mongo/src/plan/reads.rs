//! What a unit depends on.

use std::collections::BTreeSet;

use tenantry_application::work::{Change, Expectation, UnitOfWork, Write};
use tenantry_domain::{
    id::{AuditId, TenantId},
    tenant::Tenant,
};

use super::{
    Cell, Table, on_row,
    state::{chain_cell, epoch_cell, quota_cell},
};
use crate::rows::Stored;

/// Every document that must be known before the unit is applied. The claims
/// of rows that are there already are not among them: they are only let go.
pub(crate) fn reads(unit: &UnitOfWork, cells: &mut BTreeSet<Cell>) {
    for change in &unit.changes {
        match change {
            Change::Expect(Expectation::TenantActive(tenant)) => {
                cells.insert(tenant_cell(tenant.id()));
            }
            Change::Expect(Expectation::Epoch(subject, _)) | Change::Epoch(subject, _) => {
                cells.insert(epoch_cell(*subject));
            }
            Change::Guard(guard) => {
                cells.insert(tenant_cell(guard.tenant_id));
            }
            Change::QuotaOpen(tenant, _) | Change::QuotaMove(tenant, _) => {
                cells.insert(quota_cell(*tenant));
            }
            Change::Audit(entry) => {
                cells.insert(entry_cell(entry.id));
            }
            Change::AuditSeal(seal) => {
                cells.insert(chain_cell(seal.tenant_id));
                cells.extend(seal.seals.iter().map(|(id, _)| entry_cell(*id)));
            }
            _ => on_row!(change, write => of_row(write, cells), _ => ()),
        }
    }
}

fn of_row<T: Stored>(write: &Write<T>, cells: &mut BTreeSet<Cell>) {
    cells.insert(Cell::new(T::TABLE, T::key(write.id())));
    if let Write::Update(row) | Write::Add(row) = write {
        cells.extend(row.claims().iter().map(super::Claim::cell));
    }
}

fn tenant_cell(id: TenantId) -> Cell {
    Cell::new(Table::Tenants, Tenant::key(id))
}

pub(super) fn entry_cell(id: AuditId) -> Cell {
    Cell::new(Table::AuditEntries, id.as_uuid())
}
