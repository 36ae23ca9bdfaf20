//! Epochs.

use async_trait::async_trait;
use tenantry_application::ports::{
    EpochChange, EpochChanges, EpochPosition, EpochRepository, PortError,
};

use crate::{
    Backend, Condition, Direction, PlatformRows, Query, RowReader,
    rows::{epoch::Column, integer},
};

#[async_trait]
impl<B: Backend> EpochRepository for PlatformRows<B> {
    async fn raised_since(&self, since: Option<EpochPosition>) -> Result<EpochChanges, PortError> {
        self.backend().epochs_since(since).await
    }
}

/// Returns the raises since a position in a store that commits raises in the
/// order of their numbers.
///
/// The position is read first: all raises up to it are committed, so that the
/// second read, which need not be a snapshot, finds each of them, or the subject
/// has a higher number by then.
pub async fn epochs_in_order(
    reader: &impl RowReader,
    since: Option<EpochPosition>,
) -> Result<EpochChanges, PortError> {
    let last = Query::new()
        .order_by(Column::Ordinal, Direction::Descending)
        .limit(1);
    let last: Vec<EpochChange> = reader.find(last).await?;
    let last = last.first().and_then(|change| change.ordinal);
    let position = EpochPosition(last.unwrap_or(0));
    let changes = match since {
        Some(since) => reader.find(epochs_above(since)).await?,
        None => Vec::new(),
    };
    Ok(EpochChanges { position, changes })
}

/// Returns the query of the epochs with a number above a position, in order.
fn epochs_above(since: EpochPosition) -> Query<EpochChange> {
    Query::new()
        .filter(Condition::Above(Column::Ordinal, integer(since.0).into()))
        .order_by(Column::Ordinal, Direction::Ascending)
        .order_by_key(Direction::Ascending)
}
