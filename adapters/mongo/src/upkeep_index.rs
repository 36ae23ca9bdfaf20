//! Tenants with pending upkeep.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use mongodb::bson::{self, Document, doc};
use serde::Deserialize;
use tenantry_application::{
    ports::{PortError, UpkeepIndex},
    work::Kind,
};
use tenantry_domain::{Timestamp, blob::BackendName, id::TenantId, tenant::TenantStatus};
use uuid::Uuid;

use crate::{
    collection::{Collection, bson_id},
    database::{Database, IDS_AT_ONCE},
    find::Find,
};

/// Finds tenants with pending upkeep.
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
    /// Returns the distinct values of a field among the documents of a filter.
    async fn distinct(
        &self,
        kind: Kind,
        filter: Document,
        field: &str,
    ) -> Result<Vec<Uuid>, PortError> {
        let group = doc! { "_id": format!("${field}") };
        let stages = vec![doc! { "$match": filter }, doc! { "$group": group }];
        let found = self
            .database
            .aggregate::<Id>(Collection::of(kind), stages)
            .await?;
        let mut ids: Vec<_> = found.iter().map(|row| uuid(row.id)).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// Returns the active tenants among the ids, at most `limit`.
    async fn active(&self, ids: &[Uuid], limit: u32) -> Result<Vec<TenantId>, PortError> {
        let mut active = Vec::new();
        let limit = limit as usize;
        for ids in ids.chunks(IDS_AT_ONCE) {
            let ids: Vec<_> = ids.iter().map(|id| bson_id(*id)).collect();
            let status = TenantStatus::Active.as_str();
            let filter = doc! { "_id": { "$in": ids }, "status": status };
            let find = Find::new(Collection::of(Kind::Tenant), filter).sort(doc! { "_id": 1 });
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
    async fn unsealed_chains(
        &self,
        after: Option<TenantId>,
        limit: u32,
    ) -> Result<Vec<Option<TenantId>>, PortError> {
        let unsealed = doc! { "sequence": null };
        let mut chains = self.distinct(Kind::Audit, unsealed, "chain_id").await?;
        chains.retain(|chain| after.is_none_or(|after| *chain > after.as_uuid()));
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
        recent: &RangeInclusive<Timestamp>,
        limit: u32,
    ) -> Result<Vec<TenantId>, PortError> {
        let (start, end) = (recent.start().as_millis(), recent.end().as_millis());
        let due = doc! { "$or": [
            { "sweep_at": { "$lt": start } },
            { "sweep_at": { "$gt": end } },
        ] };
        let tenants = self.distinct(Kind::Blob, due, "tenant_id").await?;
        self.active(&tenants, limit).await
    }

    async fn uses_backend(&self, backend: &BackendName) -> Result<bool, PortError> {
        let find = Find::new(
            Collection::of(Kind::Blob),
            doc! { "backend": backend.as_str() },
        );
        let found = self.database.row::<Id>(find.fields(&["_id"])).await?;
        Ok(found.is_some())
    }
}

fn uuid(id: bson::Uuid) -> Uuid {
    Uuid::from_bytes(id.bytes())
}
