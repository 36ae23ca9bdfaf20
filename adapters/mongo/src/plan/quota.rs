//! Are the bytes left that the unit takes?

use tenantry_application::{
    ports::Refusal,
    work::{Change, UnitOfWork},
};
use tenantry_domain::{id::TenantId, quota::Quota};

use super::{Checked, State, require};

pub(super) fn check(state: &State, unit: &UnitOfWork) -> Checked {
    for change in &unit.changes {
        if let Change::QuotaMove(tenant, movement) = change {
            let ledger = state.quota(*tenant)?.or_else(|| opened(unit, *tenant));
            let moved = ledger.and_then(|ledger| ledger.after(*movement));
            require(moved.is_some(), Refusal::Quota)?;
        }
    }
    Ok(())
}

/// The ledger that the unit itself opens for a tenant.
fn opened(unit: &UnitOfWork, tenant: TenantId) -> Option<Quota> {
    unit.changes.iter().find_map(|change| match change {
        Change::QuotaOpen(opened, limit) if *opened == tenant => Some(empty(tenant, *limit)),
        _ => None,
    })
}

/// A ledger with nothing in it.
pub(super) const fn empty(tenant_id: TenantId, limit_bytes: u64) -> Quota {
    Quota {
        tenant_id,
        limit_bytes,
        used_bytes: 0,
        reserved_bytes: 0,
    }
}
