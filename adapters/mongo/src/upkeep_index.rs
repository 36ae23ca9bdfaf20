//! Where upkeep is due.

use async_trait::async_trait;
use mongodb::bson::{self, Document, doc};
use serde::Deserialize;
use tenantry_application::ports::{PortError, UpkeepIndex};
use tenantry_domain::{Timestamp, blob::BackendName, id::TenantId, tenant::TenantStatus};
use uuid::Uuid;

use crate::{
    database::{Database, Find, IDS_AT_ONCE},
    plan::{Table, bson_id},
    rows::uuid,
};

/// Finds tenants with something to tidy.
#[derive(Debug, Clone)]
pub(crate) struct MongoUpkeepIndex {
    pub(crate) database: Database,
}

#[derive(Deserialize)]
struct Id {
    #[serde(rename = "_id")]
    id: bson::Uuid,
}

impl MongoUpkeepIndex {
    /// Each value that a field has among the documents of a filter.
    async fn distinct(
        &self,
        table: Table,
        filter: Document,
        field: &str,
    ) -> Result<Vec<Uuid>, PortError> {
        let group = doc! { "_id": format!("${field}") };
        let stages = vec![doc! { "$match": filter }, doc! { "$group": group }];
        let found = self.database.aggregate::<Id>(table, stages).await?;
        let mut ids: Vec<_> = found.iter().map(|row| uuid(row.id)).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// Those of the tenants that are active, at most `limit`.
    async fn active(&self, ids: &[Uuid], limit: u32) -> Result<Vec<TenantId>, PortError> {
        let mut active = Vec::new();
        let limit = limit as usize;
        for ids in ids.chunks(IDS_AT_ONCE) {
            let ids: Vec<_> = ids.iter().map(|id| bson_id(*id)).collect();
            let status = TenantStatus::Active.as_str();
            let filter = doc! { "_id": { "$in": ids }, "status": status };
            let find = Find::new(Table::Tenants, filter).sort(doc! { "_id": 1 });
            let rows = self.database.rows::<Id>(find.fields(&["_id"])).await?;
            active.extend(rows.iter().map(|row| TenantId::from_uuid(uuid(row.id))));
            if active.len() >= limit {
                active.truncate(limit);
                break;
            }
        }
        Ok(active)
    }
}

#[async_trait]
impl UpkeepIndex for MongoUpkeepIndex {
    async fn unsealed_chains(&self, limit: u32) -> Result<Vec<Option<TenantId>>, PortError> {
        let unsealed = doc! { "sequence": null };
        let mut chains = self
            .distinct(Table::AuditEntries, unsealed, "chain_id")
            .await?;
        let count = chains.len();
        chains.retain(|chain| !chain.is_nil());
        let platform = (chains.len() < count && limit > 0).then_some(None);
        let left = limit.saturating_sub(u32::from(platform.is_some()));
        let tenants = self.active(&chains, left).await?;
        let tenants = tenants.into_iter().map(Some);
        Ok(platform.into_iter().chain(tenants).collect())
    }

    async fn tenants_to_sweep(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<TenantId>, PortError> {
        let due = doc! { "sweep_at": { "$lt": before.as_millis() } };
        let tenants = self.distinct(Table::Blobs, due, "tenant_id").await?;
        self.active(&tenants, limit).await
    }

    async fn uses_backend(&self, backend: &BackendName) -> Result<bool, PortError> {
        let find = Find::new(Table::Blobs, doc! { "backend": backend.as_str() });
        let found = self.database.row::<Id>(find.fields(&["_id"])).await?;
        Ok(found.is_some())
    }
}
