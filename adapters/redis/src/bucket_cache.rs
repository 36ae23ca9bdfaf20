//! The buckets of one rule as this process knows them.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::bucket::Bucket;

/// A bucket's key: a keyed hash of the limited key.
pub(crate) type BucketKey = [u8; 16];

/// The minimum number of attempts between two evictions of full buckets.
const MIN_EVICTION_INTERVAL: usize = 1024;

/// The time at which each bucket is full, from the server's responses and the
/// attempts counted by this process alone. Full buckets are evicted.
#[derive(Debug, Default)]
pub(crate) struct BucketCache(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    full_at: HashMap<BucketKey, i64>,
    until_eviction: usize,
}

impl BucketCache {
    /// Returns the time at which the bucket is full, or 0 if it is not cached.
    pub(crate) fn full_at(&self, key: &BucketKey) -> i64 {
        self.inner().full_at.get(key).copied().unwrap_or(0)
    }

    /// Caches the server's response; responses may arrive out of order.
    pub(crate) fn update(&self, bucket: Bucket, key: BucketKey, full_at: i64, now: i64) {
        let mut inner = self.inner();
        let known = inner.full_at.get(&key).copied().unwrap_or(0);
        let end = now.saturating_add(bucket.window());
        inner.insert(key, full_at.max(known).min(end), now);
    }

    /// Counts an attempt without the server.
    pub(crate) fn take(&self, bucket: Bucket, key: BucketKey, now: i64) -> (bool, i64) {
        let mut inner = self.inner();
        let known = inner.full_at.get(&key).copied().unwrap_or(0);
        let (allowed, full_at) = bucket.take(known, now);
        inner.insert(key, full_at, now);
        (allowed, full_at)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn insert(&mut self, key: BucketKey, full_at: i64, now: i64) {
        self.full_at.insert(key, full_at);
        // An eviction visits every bucket; one per `len` attempts keeps the
        // amortized cost constant.
        if self.until_eviction == 0 {
            self.full_at.retain(|_, full_at| *full_at > now);
            self.until_eviction = self.full_at.len().max(MIN_EVICTION_INTERVAL);
        }
        self.until_eviction -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use tenantry_application::ports::RateLimit;

    use super::*;

    #[test]
    fn full_buckets_are_evicted() {
        let cache = BucketCache::default();
        let bucket = Bucket::new(RateLimit {
            per_minute: NonZeroU32::MIN,
            burst: NonZeroU32::MIN,
        });
        for number in 0_u32..10_240 {
            let mut key = BucketKey::default();
            key[..4].copy_from_slice(&number.to_be_bytes());
            let now = i64::from(number);
            cache.update(bucket, key, now + 100, now);
        }
        assert!(cache.inner().full_at.len() <= MIN_EVICTION_INTERVAL + 100);
    }
}
