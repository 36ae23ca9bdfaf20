//! Tenants.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use tenantry_application::ports::{PortError, TenantRepository};
use tenantry_domain::{id::TenantId, tenant::Tenant};

use crate::{
    convert::Stored,
    entity::tenant::{Column, Entity},
    reader::Reader,
};

/// Reads tenants.
#[derive(Debug, Clone)]
pub(crate) struct SqlTenantRepository {
    pub(crate) reader: Reader,
}

#[async_trait]
impl TenantRepository for SqlTenantRepository {
    async fn lookup(&self, id: TenantId) -> Result<Option<Tenant>, PortError> {
        self.reader
            .one(Entity::find().filter(Tenant::keyed(id)))
            .await
    }

    async fn find_by_name(&self, key: &str) -> Result<Option<Tenant>, PortError> {
        self.reader
            .one(Entity::find().filter(Column::NameKey.eq(key)))
            .await
    }

    async fn find_by_subdomain(&self, subdomain: &str) -> Result<Option<Tenant>, PortError> {
        self.reader
            .one(Entity::find().filter(Column::SubdomainKey.eq(subdomain)))
            .await
    }

    async fn list(&self, after: Option<TenantId>, limit: u32) -> Result<Vec<Tenant>, PortError> {
        let select = Entity::find()
            .apply_if(after, |select, after| {
                select.filter(Column::Id.gt(after.as_uuid()))
            })
            .order_by_asc(Column::Id)
            .limit(u64::from(limit));
        self.reader.all(select).await
    }
}
