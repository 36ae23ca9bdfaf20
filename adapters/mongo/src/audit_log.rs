//! Audit entries of one chain.

use async_trait::async_trait;
use mongodb::bson::{Document, doc};
use tenantry_application::ports::{AuditLog, AuditQuery, PortError, SealedEntry};
use tenantry_domain::{
    audit::{AuditEntry, ChainHead},
    id::TenantId,
};
use uuid::Uuid;

use crate::{
    database::{Database, Find},
    plan::{Table, bson_id},
    rows::{AuditChainRow, AuditEntryRow, big, chain_id},
};

/// Reads one chain: a tenant's, or the platform's.
#[derive(Debug, Clone)]
pub(crate) struct MongoAuditLog {
    database: Database,
    chain: Uuid,
}

impl MongoAuditLog {
    pub(crate) fn new(database: Database, tenant: Option<TenantId>) -> Self {
        let chain = chain_id(tenant);
        Self { database, chain }
    }

    /// A filter of the entries of this chain: every filter begins here.
    fn mine(&self) -> Document {
        doc! { "chain_id": bson_id(self.chain) }
    }

    async fn rows(&self, find: Find) -> Result<Vec<AuditEntryRow>, PortError> {
        self.database.rows(find).await
    }
}

#[async_trait]
impl AuditLog for MongoAuditLog {
    async fn list(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, PortError> {
        let mut filter = self.mine();
        if let Some(actor) = query.actor {
            filter.insert("actor_id", bson_id(actor.as_uuid()));
        }
        if let Some(action) = &query.action {
            filter.insert("action", action.as_str());
        }
        let mut time = Document::new();
        if let Some(from) = query.from {
            time.insert("$gte", from.as_millis());
        }
        if let Some(to) = query.to {
            time.insert("$lt", to.as_millis());
        }
        if !time.is_empty() {
            filter.insert("at", time);
        }
        if let Some(after) = query.after {
            let (at, id) = (after.at.as_millis(), bson_id(after.id.as_uuid()));
            let earlier = doc! { "at": { "$lt": at } };
            let before_it = doc! { "at": at, "_id": { "$lt": id } };
            filter.insert("$or", [earlier, before_it]);
        }
        let newest_first = doc! { "at": -1, "_id": -1 };
        let find = Find::new(Table::AuditEntries, filter).sort(newest_first);
        let rows = self.rows(find.limit(query.limit)).await?;
        Ok(rows.into_iter().map(AuditEntryRow::entry).collect())
    }

    async fn unsealed(&self, limit: u32) -> Result<Vec<AuditEntry>, PortError> {
        let mut filter = self.mine();
        filter.insert("sequence", None::<i64>);
        let oldest_first = doc! { "at": 1, "_id": 1 };
        let find = Find::new(Table::AuditEntries, filter).sort(oldest_first);
        let rows = self.rows(find.limit(limit)).await?;
        Ok(rows.into_iter().map(AuditEntryRow::entry).collect())
    }

    async fn head(&self) -> Result<ChainHead, PortError> {
        let mine = doc! { "_id": bson_id(self.chain) };
        let row = self
            .database
            .row(Find::new(Table::AuditChains, mine))
            .await?;
        row.map_or(Ok(ChainHead::EMPTY), |row: AuditChainRow| row.head())
    }

    async fn sealed_after(&self, sequence: u64, limit: u32) -> Result<Vec<SealedEntry>, PortError> {
        let mut filter = self.mine();
        filter.insert("sequence", doc! { "$gt": big(sequence) });
        let find = Find::new(Table::AuditEntries, filter).sort(doc! { "sequence": 1 });
        let rows = self.rows(find.limit(limit)).await?;
        rows.into_iter().map(AuditEntryRow::sealed).collect()
    }
}
