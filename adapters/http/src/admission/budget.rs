//! The memory of buffered request bodies.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::lane::LaneKey;

/// The bytes that all buffered bodies may occupy, and those of one lane: a
/// client cannot use the whole budget alone.
#[derive(Clone)]
pub(crate) struct ByteBudget(Arc<Mutex<State>>);

struct State {
    limit: usize,
    limit_per_lane: usize,
    used: usize,
    lanes: HashMap<LaneKey, usize>,
}

/// The bytes of one body, until it is dropped.
pub(crate) struct ReservedBytes {
    budget: ByteBudget,
    key: LaneKey,
    bytes: usize,
}

/// The rejection of a body that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BudgetExhausted;

impl ByteBudget {
    /// Creates a budget in bytes.
    pub(super) fn new(limit: usize, limit_per_lane: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            limit,
            limit_per_lane,
            used: 0,
            lanes: HashMap::new(),
        })))
    }

    /// Starts a body without bytes.
    pub(super) fn reserve(&self, key: LaneKey) -> ReservedBytes {
        ReservedBytes {
            budget: self.clone(),
            key,
            bytes: 0,
        }
    }

    // A poisoned lock is safe to use: no method panics between two changes.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReservedBytes {
    /// Adds received bytes.
    ///
    /// # Errors
    ///
    /// Fails if the budget or the share of the lane is exhausted.
    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), BudgetExhausted> {
        let mut state = self.budget.lock();
        let used = state.used.saturating_add(bytes);
        let mine = state.lanes.get(&self.key).copied().unwrap_or(0);
        let mine = mine.saturating_add(bytes);
        if used > state.limit || mine > state.limit_per_lane {
            return Err(BudgetExhausted);
        }
        state.used = used;
        state.lanes.insert(self.key, mine);
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for ReservedBytes {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        state.used -= self.bytes;
        let left = state
            .lanes
            .get(&self.key)
            .map_or(0, |mine| mine - self.bytes);
        if left == 0 {
            state.lanes.remove(&self.key);
        } else {
            state.lanes.insert(self.key, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tenantry_domain::ClientNetwork;

    use super::*;

    #[test]
    fn bodies_share_a_budget() {
        let budget = ByteBudget::new(10, 6);
        let key =
            |number| LaneKey::Network(ClientNetwork::of(Ipv4Addr::new(10, 0, 0, number).into()));
        let mut first = budget.reserve(key(1));
        assert_eq!(first.add(6), Ok(()));
        assert_eq!(budget.reserve(key(1)).add(1), Err(BudgetExhausted));
        let mut second = budget.reserve(key(2));
        assert_eq!(second.add(4), Ok(()));
        assert_eq!(second.add(1), Err(BudgetExhausted));
        drop(first);
        assert_eq!(second.add(2), Ok(()));
        drop(second);
        assert_eq!(budget.lock().used, 0);
        assert!(budget.lock().lanes.is_empty());
    }
}
