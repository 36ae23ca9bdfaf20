//! Epochs.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use tenantry_application::ports::{EpochChange, EpochRepository, PortError};
use tenantry_domain::Timestamp;

use crate::{
    convert::change_from_row,
    entity::epoch::{Column, Entity},
    reader::Reader,
};

/// Reads epochs.
#[derive(Debug, Clone)]
pub(crate) struct SqlEpochRepository {
    pub(crate) reader: Reader,
}

#[async_trait]
impl EpochRepository for SqlEpochRepository {
    async fn changed_since(&self, since: Timestamp) -> Result<Vec<EpochChange>, PortError> {
        let select = Entity::find()
            .filter(Column::ChangedAt.gte(since.as_millis()))
            .order_by_asc(Column::ChangedAt)
            .order_by_asc(Column::SubjectId);
        let rows = async { select.all(&self.reader.executor().await?.get()).await };
        let rows = self.reader.ask("read epochs", rows).await?;
        rows.iter().map(change_from_row).collect()
    }
}
