//! Memberships, as stored.

use async_trait::async_trait;
use tenantry_domain::{
    id::{TenantId, UserId},
    membership::Membership,
};

use super::PortError;

/// Reads memberships, whatever their status.
#[async_trait]
pub trait MembershipRepository: Send + Sync {
    /// A person's membership in a tenant.
    async fn lookup(&self, tenant: TenantId, user: UserId)
    -> Result<Option<Membership>, PortError>;

    /// All memberships of a person, oldest first.
    async fn find_by_user(&self, user: UserId) -> Result<Vec<Membership>, PortError>;
}
