//! Roles.

use async_trait::async_trait;
use sea_orm::{EntityTrait, QueryFilter, QueryOrder};
use tenantry_application::ports::{PortError, RoleRepository};
use tenantry_domain::{id::TenantId, role::Role};

use crate::{
    convert::Stored,
    entity::role::{Column, Entity},
    reader::Reader,
};

/// Reads roles.
#[derive(Debug, Clone)]
pub(crate) struct SqlRoleRepository {
    pub(crate) reader: Reader,
}

#[async_trait]
impl RoleRepository for SqlRoleRepository {
    async fn find_by_tenant(&self, tenant: TenantId) -> Result<Vec<Role>, PortError> {
        let select = Entity::find()
            .filter(Role::within(Some(tenant)))
            .order_by_asc(Column::Id);
        self.reader.all(select).await
    }
}
