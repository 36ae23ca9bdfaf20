//! The name of a chain in logs and reports.

use tenantry_domain::id::TenantId;

/// Returns the id of the tenant of a chain, or `platform`.
pub(crate) fn chain_name(chain: Option<TenantId>) -> String {
    chain.map_or_else(|| "platform".to_owned(), |tenant| tenant.to_string())
}
