//! Roles.

use async_trait::async_trait;
use mongodb::bson::doc;
use tenantry_application::ports::{PortError, RoleRepository};
use tenantry_domain::{id::TenantId, role::Role};

use crate::{
    database::{Database, Find, of_tenant},
    plan::Table,
};

/// Reads roles.
#[derive(Debug, Clone)]
pub(crate) struct MongoRoleRepository {
    pub(crate) database: Database,
}

#[async_trait]
impl RoleRepository for MongoRoleRepository {
    async fn find_by_tenant(&self, tenant: TenantId) -> Result<Vec<Role>, PortError> {
        let find = Find::new(Table::Roles, of_tenant(tenant));
        self.database.all(find.sort(doc! { "_id": 1 })).await
    }
}
