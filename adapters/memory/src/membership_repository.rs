//! Memberships.

use async_trait::async_trait;
use tenantry_application::ports::{MembershipRepository, PortError};
use tenantry_domain::{
    id::{TenantId, UserId},
    membership::Membership,
};

use crate::shared::Shared;

/// Reads memberships.
#[derive(Debug)]
pub(crate) struct MemoryMembershipRepository {
    shared: Shared,
}

impl MemoryMembershipRepository {
    pub(crate) const fn new(shared: Shared) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl MembershipRepository for MemoryMembershipRepository {
    async fn lookup(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<Membership>, PortError> {
        let state = self.shared.read();
        Ok(state.memberships.get(&(tenant, user)).cloned())
    }

    async fn find_by_user(&self, user: UserId) -> Result<Vec<Membership>, PortError> {
        let state = self.shared.read();
        let rows = state.memberships.values();
        let mut found: Vec<_> = rows.filter(|row| row.user_id == user).cloned().collect();
        found.sort_by_key(|row| (row.created_at, row.tenant_id));
        Ok(found)
    }
}
