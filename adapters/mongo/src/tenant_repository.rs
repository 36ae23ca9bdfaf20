//! Tenants.

use async_trait::async_trait;
use mongodb::bson::doc;
use tenantry_application::ports::{PortError, TenantRepository};
use tenantry_domain::{id::TenantId, tenant::Tenant};

use crate::{
    database::{Database, Find, after},
    plan::Table,
};

/// Reads tenants.
#[derive(Debug, Clone)]
pub(crate) struct MongoTenantRepository {
    pub(crate) database: Database,
}

#[async_trait]
impl TenantRepository for MongoTenantRepository {
    async fn lookup(&self, id: TenantId) -> Result<Option<Tenant>, PortError> {
        self.database.lookup(id).await
    }

    async fn find_by_name(&self, key: &str) -> Result<Option<Tenant>, PortError> {
        self.database.one(doc! { "name_key": key }).await
    }

    async fn find_by_subdomain(&self, subdomain: &str) -> Result<Option<Tenant>, PortError> {
        self.database.one(doc! { "subdomain_key": subdomain }).await
    }

    async fn list(&self, after_id: Option<TenantId>, limit: u32) -> Result<Vec<Tenant>, PortError> {
        let behind = after(doc! {}, after_id.map(TenantId::as_uuid));
        let find = Find::new(Table::Tenants, behind).sort(doc! { "_id": 1 });
        self.database.all(find.limit(limit)).await
    }
}
