//! Tenants with pending upkeep.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use sea_orm::{DbErr, QueryResult, Value};
use tenantry_application::ports::{PortError, UpkeepIndex};
use tenantry_domain::{Timestamp, blob::BackendName, id::TenantId};
use uuid::Uuid;

use tenantry_store::records::{chain_id, chain_tenant};

use crate::{error::port_error, reader::Reader};

/// Finds chains with unsealed entries from an id on; the id of the platform's
/// chain is nil.
const UNSEALED: &str = "\
    SELECT DISTINCT a.chain_id AS id FROM audit_entries a \
    LEFT JOIN tenants t ON t.id = a.chain_id \
    WHERE a.sequence IS NULL AND a.chain_id >= ? \
    AND (t.status = 'active' OR a.chain_id = ?) ORDER BY a.chain_id LIMIT ?";

/// Reads the few due blobs, not the many tenants.
const TO_SWEEP: &str = "\
    SELECT DISTINCT b.tenant_id AS id FROM blobs b \
    JOIN tenants t ON t.id = b.tenant_id AND t.status = 'active' \
    WHERE b.sweep_at < ? OR b.sweep_at > ? LIMIT ?";

/// Stops at the first blob; without one it reads all.
const USES_BACKEND: &str = "SELECT id FROM blobs WHERE backend = ? LIMIT 1";

/// Finds tenants with pending upkeep.
#[derive(Debug, Clone)]
pub(crate) struct SqlUpkeepIndex {
    pub(crate) reader: Reader,
}

impl SqlUpkeepIndex {
    async fn ids(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<Uuid>, PortError> {
        let context = "find pending upkeep";
        let rows = self.reader.rows_by(context, sql, values).await?;
        let id = |row: &QueryResult| row.try_get("", "id");
        let ids: Result<_, DbErr> = rows.iter().map(id).collect();
        ids.map_err(|error| port_error(context, error))
    }
}

#[async_trait]
impl UpkeepIndex for SqlUpkeepIndex {
    async fn unsealed_chains(
        &self,
        after: Option<TenantId>,
        limit: u32,
    ) -> Result<Vec<Option<TenantId>>, PortError> {
        let next = |after: TenantId| Uuid::from_u128(after.as_uuid().as_u128().saturating_add(1));
        let (from, platform) = (after.map_or(Uuid::nil(), next), chain_id(None));
        let values = [from.into(), platform.into(), i64::from(limit).into()];
        let chains = self.ids(UNSEALED, values).await?;
        Ok(chains.into_iter().map(chain_tenant).collect())
    }

    async fn tenants_to_sweep(
        &self,
        recent: &RangeInclusive<Timestamp>,
        limit: u32,
    ) -> Result<Vec<TenantId>, PortError> {
        let (start, end) = (recent.start().as_millis(), recent.end().as_millis());
        let values = [start, end, limit.into()].map(Into::into);
        let ids = self.ids(TO_SWEEP, values).await?;
        Ok(ids.into_iter().map(TenantId::from_uuid).collect())
    }

    async fn uses_backend(&self, backend: &BackendName) -> Result<bool, PortError> {
        let blobs = self.ids(USES_BACKEND, [backend.as_str().into()]).await?;
        Ok(!blobs.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dialect::Dialect,
        testing::{World, plan, world},
    };

    #[tokio::test]
    async fn queries_read_due_rows_only() {
        let World {
            store,
            folder: _folder,
            ..
        } = world().await;
        let platform: Value = chain_id(None).into();
        let values = [platform.clone(), platform, 1.into()];
        let unsealed = Dialect::Sqlite.statement(UNSEALED, values);
        let unsealed = plan(store.reader(), unsealed).await;
        assert!(unsealed.contains("INDEX audit_unsealed"), "{unsealed}");
        let to_sweep = Dialect::Sqlite.statement(TO_SWEEP, [1.into(), 2.into(), 1.into()]);
        let to_sweep = plan(store.reader(), to_sweep).await;
        for part in ["(sweep_at<?)", "(sweep_at>?)"] {
            let index = format!("INDEX blobs_to_sweep {part}");
            assert!(to_sweep.contains(&index), "{to_sweep}");
        }
    }
}
