//! Memberships.

use async_trait::async_trait;
use mongodb::bson::doc;
use tenantry_application::ports::{MembershipRepository, PortError};
use tenantry_domain::{
    id::{TenantId, UserId},
    membership::Membership,
};

use crate::{
    database::{Database, Find},
    plan::{Table, bson_id},
};

/// Reads memberships.
#[derive(Debug, Clone)]
pub(crate) struct MongoMembershipRepository {
    pub(crate) database: Database,
}

#[async_trait]
impl MembershipRepository for MongoMembershipRepository {
    async fn lookup(
        &self,
        tenant: TenantId,
        user: UserId,
    ) -> Result<Option<Membership>, PortError> {
        self.database.lookup((tenant, user)).await
    }

    async fn find_by_user(&self, user: UserId) -> Result<Vec<Membership>, PortError> {
        let filter = doc! { "user_id": bson_id(user.as_uuid()) };
        let oldest_first = doc! { "created_at": 1, "tenant_id": 1 };
        let find = Find::new(Table::Memberships, filter).sort(oldest_first);
        self.database.all(find).await
    }
}
