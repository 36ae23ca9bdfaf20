//! What this process knows of the buckets of one rule.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::bucket::Bucket;

/// A bucket's name: a keyed hash of what is limited.
pub(crate) type Key = [u8; 16];

/// The least number of tries between two looks for buckets that are whole.
const TRIES_BETWEEN_SWEEPS: usize = 1024;

/// When each bucket is whole, by all answers of the server to this process and
/// all tries that this process counted alone. Whole ones are forgotten.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    whole_at: HashMap<Key, i64>,
    until_sweep: usize,
}

impl Seen {
    /// When the bucket is whole as far as known here; 0 where nothing is.
    pub(crate) fn whole_at(&self, key: &Key) -> i64 {
        self.inner().whole_at.get(key).copied().unwrap_or(0)
    }

    /// Takes over what the server answered; answers may overtake one another.
    pub(crate) fn learn(&self, bucket: Bucket, key: Key, whole_at: i64, now: i64) {
        let mut inner = self.inner();
        let known = inner.whole_at.get(&key).copied().unwrap_or(0);
        let end = now.saturating_add(bucket.window());
        inner.keep(key, whole_at.max(known).min(end), now);
    }

    /// Counts a try here alone.
    pub(crate) fn take(&self, bucket: Bucket, key: Key, now: i64) -> (bool, i64) {
        let mut inner = self.inner();
        let known = inner.whole_at.get(&key).copied().unwrap_or(0);
        let (allowed, whole_at) = bucket.take(known, now);
        inner.keep(key, whole_at, now);
        (allowed, whole_at)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn keep(&mut self, key: Key, whole_at: i64, now: i64) {
        self.whole_at.insert(key, whole_at);
        // A sweep looks at every bucket, so each try pays for one look.
        if self.until_sweep == 0 {
            self.whole_at.retain(|_, whole_at| *whole_at > now);
            self.until_sweep = self.whole_at.len().max(TRIES_BETWEEN_SWEEPS);
        }
        self.until_sweep -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use tenantry_application::ports::RateLimit;

    use super::*;

    #[test]
    fn whole_buckets_are_forgotten() {
        let seen = Seen::default();
        let bucket = Bucket::new(RateLimit {
            per_minute: NonZeroU32::MIN,
            burst: NonZeroU32::MIN,
        });
        for number in 0_u32..10_240 {
            let mut key = Key::default();
            key[..4].copy_from_slice(&number.to_be_bytes());
            let now = i64::from(number);
            seen.learn(bucket, key, now + 100, now);
        }
        assert!(seen.inner().whole_at.len() <= TRIES_BETWEEN_SWEEPS + 100);
    }
}
