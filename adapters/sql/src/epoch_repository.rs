//! Epochs.

use async_trait::async_trait;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use tenantry_application::ports::{EpochChange, EpochRepository, PortError};
use tenantry_domain::Timestamp;

use crate::{
    convert::change_from_row,
    entity::epoch::{Column, Entity},
    error::port_error,
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
        let rows = Entity::find()
            .filter(Column::ChangedAt.gte(since.as_millis()))
            .order_by_asc(Column::ChangedAt)
            .order_by_asc(Column::SubjectId)
            .all(&self.reader.db)
            .await
            .map_err(|error| port_error("read epochs", error))?;
        rows.iter().map(change_from_row).collect()
    }
}
