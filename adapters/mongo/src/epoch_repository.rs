//! Epochs.

use async_trait::async_trait;
use mongodb::bson::doc;
use tenantry_application::ports::{EpochChange, EpochRepository, PortError};
use tenantry_domain::Timestamp;

use crate::{
    database::{Database, Find},
    plan::Table,
    rows::EpochRow,
};

/// Reads epochs.
#[derive(Debug, Clone)]
pub(crate) struct MongoEpochRepository {
    pub(crate) database: Database,
}

#[async_trait]
impl EpochRepository for MongoEpochRepository {
    async fn changed_since(&self, since: Timestamp) -> Result<Vec<EpochChange>, PortError> {
        let filter = doc! { "changed_at": { "$gte": since.as_millis() } };
        let find = Find::new(Table::Epochs, filter).sort(doc! { "changed_at": 1 });
        let rows = self.database.rows::<EpochRow>(find).await?;
        rows.iter().map(EpochRow::change).collect()
    }
}
