//! The number of open requests per lane.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::lane::LaneKey;

/// Counts the open requests of each lane, from admission to the end of the
/// response.
#[derive(Clone, Default)]
pub(super) struct Shares(Arc<Mutex<HashMap<LaneKey, usize>>>);

/// One open request, until it is dropped.
pub(super) struct Share {
    shares: Shares,
    key: LaneKey,
}

impl Shares {
    /// Opens a request, unless its lane has `limit` open ones.
    pub(super) fn open(&self, key: LaneKey, limit: usize) -> Option<Share> {
        let mut counts = self.lock();
        let count = counts.entry(key).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(Share {
            shares: self.clone(),
            key,
        })
    }

    // A poisoned lock is safe to use: no method panics between two changes.
    fn lock(&self) -> MutexGuard<'_, HashMap<LaneKey, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut counts = self.shares.lock();
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}
