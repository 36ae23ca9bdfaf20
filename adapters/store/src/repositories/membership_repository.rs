//! Memberships.

use async_trait::async_trait;
use tenantry_application::ports::{MembershipRepository, PortError};
use tenantry_domain::{
    id::{TenantId, UserId},
    membership::Membership,
};

use crate::{Backend, Direction, PlatformRows, Query, rows::membership::Column};

#[async_trait]
impl<B: Backend> MembershipRepository for PlatformRows<B> {
    async fn lookup(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<Membership>, PortError> {
        self.backend().lookup((tenant, user).into()).await
    }

    async fn find_by_user(&self, user: UserId) -> Result<Vec<Membership>, PortError> {
        let query = Query::new()
            .equal(Column::UserId, user.as_uuid())
            .order_by(Column::CreatedAt, Direction::Ascending)
            .order_by(Column::TenantId, Direction::Ascending);
        self.backend().find(query).await
    }
}
