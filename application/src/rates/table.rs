//! The counters of one rule in the memory of this process.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::failures::Failures;
use crate::ports::Backoff;

/// The minimum number of changes between two evictions.
const MIN_EVICTION_INTERVAL: usize = 1024;

/// The state of a key.
pub trait Counter: Copy + Default {
    /// Returns the time from which the state means the same as none.
    fn ends_at(&self) -> i64;

    /// Returns the stricter one of two states.
    #[must_use]
    fn stricter(self, other: Self) -> Self;
}

/// The time at which a bucket is full.
impl Counter for i64 {
    fn ends_at(&self) -> i64 {
        *self
    }

    fn stricter(self, other: Self) -> Self {
        self.max(other)
    }
}

impl Counter for Failures {
    fn ends_at(&self) -> i64 {
        let span = Backoff::LONGEST_MICROS.saturating_mul(i64::from(self.count));
        self.last.saturating_add(span)
    }

    fn stricter(self, other: Self) -> Self {
        Self {
            count: self.count.max(other.count),
            last: self.last.max(other.last),
        }
    }
}

/// The counters of one rule. Those that mean nothing any more are evicted, so
/// that memory is bounded by the keys in use.
pub struct CounterTable<K, S>(Mutex<Inner<K, S>>);

struct Inner<K, S> {
    entries: HashMap<K, Entry<S>>,
    until_eviction: usize,
}

#[derive(Default, Clone, Copy)]
struct Entry<S> {
    state: S,
    /// Whether this process counted without the server that shares the state.
    is_local: bool,
}

impl<K: Eq + Hash, S: Counter> CounterTable<K, S> {
    /// Returns the state of a key, and whether this process has counted without
    /// the server since the server's last response.
    pub fn get(&self, key: &K) -> (S, bool) {
        let entry = self.inner().entries.get(key).copied();
        entry.map_or((S::default(), false), |entry| (entry.state, entry.is_local))
    }

    /// Stores the server's response. A state counted without the server stays
    /// until the server has it.
    pub fn store(&self, key: K, state: S, now: i64) {
        let mut inner = self.inner();
        let local = inner.entries.get(&key).filter(|entry| entry.is_local);
        let kept = local.map(|entry| entry.state.stricter(state));
        let is_local = kept.is_some_and(|kept| kept.ends_at() > state.ends_at());
        let state = kept.unwrap_or(state);
        inner.insert(key, Entry { state, is_local }, now);
    }

    /// Changes the state of a key in this process alone.
    pub fn change<R>(&self, key: K, now: i64, change: impl FnOnce(S) -> (S, R)) -> R {
        let mut inner = self.inner();
        let state = inner.entries.get(&key).map(|entry| entry.state);
        let (state, result) = change(state.unwrap_or_default());
        let entry = Entry {
            state,
            is_local: true,
        };
        inner.insert(key, entry, now);
        result
    }

    /// Returns the number of keys in memory.
    pub fn len(&self) -> usize {
        self.inner().entries.len()
    }

    /// Returns whether no key is in memory.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    // A poisoned lock is safe to use: no method panics between two changes.
    fn inner(&self) -> MutexGuard<'_, Inner<K, S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, S: Counter> Inner<K, S> {
    fn insert(&mut self, key: K, entry: Entry<S>, now: i64) {
        self.entries.insert(key, entry);
        // An eviction visits every key; one per `len` changes keeps the
        // amortized cost constant.
        if self.until_eviction == 0 {
            self.entries.retain(|_, entry| entry.state.ends_at() > now);
            self.until_eviction = self.entries.len().max(MIN_EVICTION_INTERVAL);
        }
        self.until_eviction -= 1;
    }
}

impl<K, S> Default for CounterTable<K, S> {
    fn default() -> Self {
        Self(Mutex::new(Inner {
            entries: HashMap::new(),
            until_eviction: 0,
        }))
    }
}

impl<K, S> fmt::Debug for CounterTable<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CounterTable(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_without_a_meaning_are_evicted() {
        let table = CounterTable::<i64, i64>::default();
        for now in 0..10_240 {
            table.store(now, now + 100, now);
        }
        assert!(table.len() <= MIN_EVICTION_INTERVAL + 100);
    }

    #[test]
    fn a_late_response_removes_no_failure_counted_without_the_server() {
        let table = CounterTable::<&str, Failures>::default();
        let failures = |count| Failures { count, last: 0 };
        table.store("ann", failures(2), 0);
        table.change("ann", 0, |state| (failures(state.count + 3), ()));
        table.store("ann", failures(3), 0);
        assert_eq!(table.get(&"ann"), (failures(5), true));
        table.store("ann", failures(6), 0);
        assert_eq!(table.get(&"ann"), (failures(6), false));
        table.store("ann", failures(1), 0);
        assert_eq!(table.get(&"ann"), (failures(1), false));
    }
}
