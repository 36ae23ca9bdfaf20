//! The lanes of requests.

use tenantry_domain::{ClientNetwork, id::TenantId};

/// The requests of a tenant, or of a client network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LaneKey {
    /// The requests of a tenant.
    Tenant(TenantId),
    /// The requests of a network whose tenant is not known (yet).
    Network(ClientNetwork),
}
