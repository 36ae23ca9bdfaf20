//! The state and who waits for it, shared by all repositories of one store.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tenantry_application::{ports::CommitError, work::UnitOfWork};
use tokio::sync::Notify;

use crate::{apply::apply, state::State};

/// One store's state. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: RwLock<State>,
    jobs_added: Notify,
}

impl Shared {
    /// A poisoned lock is taken all the same: everything is checked before
    /// the first write, so a panic leaves no half of a unit behind.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies all of a unit or nothing. Does not wait, so it cannot be
    /// dropped half way.
    pub(crate) fn commit(&self, unit: &UnitOfWork) -> Result<(), CommitError> {
        apply(&mut self.write(), unit).map_err(CommitError::Refused)?;
        if unit.adds_jobs() {
            // All who wait, for a unit may add several jobs; and whoever is
            // about to wait, having just found nothing.
            self.0.jobs_added.notify_waiters();
            self.0.jobs_added.notify_one();
        }
        Ok(())
    }

    pub(crate) async fn jobs_added(&self) {
        self.0.jobs_added.notified().await;
    }
}
