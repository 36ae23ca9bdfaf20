//! Are the bytes left that the unit takes?

use tenantry_application::{
    ports::Refusal,
    work::{Change, UnitOfWork},
};
use tenantry_domain::{id::TenantId, quota::Quota};

use crate::state::State;

pub(super) fn check(state: &State, unit: &UnitOfWork) -> Result<(), Refusal> {
    for change in &unit.changes {
        if let Change::QuotaMove(tenant, movement) = change {
            let ledger = state.quotas.get(tenant).copied();
            let ledger = ledger.or_else(|| opened(unit, *tenant));
            if ledger.and_then(|ledger| ledger.after(*movement)).is_none() {
                return Err(Refusal::Quota);
            }
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
