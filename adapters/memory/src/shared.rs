//! The state, shared by all repositories of one store.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tenantry_application::{ports::CommitError, work::UnitOfWork};

use crate::{apply::apply, state::State};

/// One store's state. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared(Arc<RwLock<State>>);

impl Shared {
    /// A poisoned lock is taken all the same: everything is checked before
    /// the first write, so a panic leaves no half of a unit behind.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies all of a unit or nothing. Does not wait, so it cannot be
    /// dropped half way.
    pub(crate) fn commit(&self, unit: &UnitOfWork) -> Result<(), CommitError> {
        apply(&mut self.write(), unit).map_err(CommitError::Refused)
    }
}
