//! The rows of a store behind one lock.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use tenantry_application::{
    ports::{CommitError, EpochChanges, EpochPosition, PortError, Usage},
    work::UnitOfWork,
};
use tenantry_domain::{Timestamp, id::TenantId};
use tenantry_store::{
    Backend, Condition, Direction, Expiring, Query, Row, RowReader, State, Stored, epochs_in_order,
};

use crate::usage::usage;

/// The rows of one store. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemoryBackend(Arc<RwLock<State>>);

impl MemoryBackend {
    /// Locks the rows for reading. A poisoned lock is safe to use: a unit is
    /// checked before its first write, so a panic leaves no partial unit.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the rows for writing.
    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the rows that a query finds, before its order and limits.
fn matching<'s, T: Stored>(
    state: &'s State,
    query: &'s Query<T>,
) -> impl Iterator<Item = (Row<T>, &'s T)> {
    let rows = state.all::<T>().map(|entity| (entity.to_row(), entity));
    rows.filter(|(row, _)| query.matches(row))
}

/// Returns the rows that a query finds, in its order.
fn find<T: Stored>(state: &State, query: &Query<T>) -> Vec<T> {
    let mut found: Vec<_> = matching(state, query).collect();
    found.sort_by(|(a, _), (b, _)| query.compare(a, b));
    let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
    let limit = query.limit.and_then(|limit| usize::try_from(limit).ok());
    let page = found.into_iter().skip(offset);
    let page = page.take(limit.unwrap_or(usize::MAX));
    page.map(|(_, entity)| entity.clone()).collect()
}

#[async_trait]
impl RowReader for MemoryBackend {
    async fn find<T: Stored>(&self, query: Query<T>) -> Result<Vec<T>, PortError> {
        Ok(find(&self.read(), &query))
    }

    async fn count<T: Stored>(&self, query: Query<T>, cap: Option<u64>) -> Result<u64, PortError> {
        let state = self.read();
        let count = matching(&state, &query).count() as u64;
        Ok(count.min(cap.unwrap_or(u64::MAX)))
    }
}

#[async_trait]
impl Backend for MemoryBackend {
    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        let applied = self.write().apply(&unit);
        applied.map(drop).map_err(CommitError::Refused)
    }

    async fn purge_expired<T: Expiring>(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, PortError> {
        let query = Query::<T>::new()
            .filter(Condition::Below(T::EXPIRES_AT, before.as_millis().into()))
            .order_by(T::EXPIRES_AT, Direction::Ascending)
            .limit(limit);
        // One lock, so that no expiry is extended in between.
        let mut state = self.write();
        let expired = find(&state, &query);
        for entity in &expired {
            state.remove::<T>(Stored::key(entity));
        }
        Ok(expired.len() as u64)
    }

    async fn epochs_since(&self, since: Option<EpochPosition>) -> Result<EpochChanges, PortError> {
        epochs_in_order(self, since).await
    }

    async fn usage(&self, tenant: TenantId) -> Result<Usage, PortError> {
        usage(&self.read(), tenant)
    }
}
