//! Memberships.

use async_trait::async_trait;
use tenantry_domain::{
    id::{TenantId, UserId},
    membership::Membership,
};

use super::PortError;

/// Reads memberships, in any status.
#[async_trait]
pub trait MembershipRepository: Send + Sync {
    /// Returns a user's membership in a tenant.
    async fn lookup(&self, tenant: TenantId, user: UserId)
    -> Result<Option<Membership>, PortError>;

    /// Returns all memberships of a user, oldest first.
    async fn find_by_user(&self, user: UserId) -> Result<Vec<Membership>, PortError>;
}
