//! Epochs.

use async_trait::async_trait;
use tenantry_application::ports::{EpochChange, EpochRepository, PortError};
use tenantry_domain::Timestamp;

use crate::{Backend, Condition, Direction, PlatformRows, Query, rows::epoch::Column};

#[async_trait]
impl<B: Backend> EpochRepository for PlatformRows<B> {
    async fn changed_since(&self, since: Timestamp) -> Result<Vec<EpochChange>, PortError> {
        let query = Query::new()
            .filter(Condition::AtLeast(
                Column::ChangedAt,
                since.as_millis().into(),
            ))
            .order_by(Column::ChangedAt, Direction::Ascending)
            .order_by_key(Direction::Ascending);
        self.backend().find(query).await
    }
}
