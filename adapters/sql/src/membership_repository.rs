//! Memberships.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use tenantry_application::ports::{MembershipRepository, PortError};
use tenantry_domain::{
    id::{TenantId, UserId},
    membership::Membership,
};

use crate::{
    convert::Stored,
    entity::membership::{Column, Entity},
    reader::Reader,
};

/// Reads memberships.
#[derive(Debug, Clone)]
pub(crate) struct SqlMembershipRepository {
    pub(crate) reader: Reader,
}

#[async_trait]
impl MembershipRepository for SqlMembershipRepository {
    async fn lookup(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<Membership>, PortError> {
        self.reader
            .one(Entity::find().filter(Membership::keyed((tenant, user))))
            .await
    }

    async fn find_by_user(&self, user: UserId) -> Result<Vec<Membership>, PortError> {
        let select = Entity::find()
            .filter(Column::UserId.eq(user.as_uuid()))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::TenantId);
        self.reader.all(select).await
    }
}
