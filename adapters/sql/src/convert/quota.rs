//! Ledgers.

use tenantry_application::ports::PortError;
use tenantry_domain::{id::TenantId, quota::Quota};

use super::Reading;
use crate::entity::quota::Model;

/// The ledger of a row.
pub(crate) fn quota_from_row(row: &Model) -> Result<Quota, PortError> {
    let read = Reading::of("quotas", row.tenant_id);
    Ok(Quota {
        tenant_id: TenantId::from_uuid(row.tenant_id),
        limit_bytes: read.count("limit_bytes", row.limit_bytes)?,
        used_bytes: read.count("used_bytes", row.used_bytes)?,
        reserved_bytes: read.count("reserved_bytes", row.reserved_bytes)?,
    })
}
