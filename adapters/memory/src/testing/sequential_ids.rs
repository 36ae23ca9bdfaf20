//! Ids that are the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use tenantry_application::ports::IdGenerator;
use uuid::{Builder, Uuid};

/// Hands out version 7 ids one after the other; two generators with different
/// seeds never hand out the same.
#[derive(Debug)]
pub struct SequentialIds {
    seed: u32,
    next: AtomicU64,
}

impl SequentialIds {
    /// Ids of a seed, from the first one.
    pub const fn new(seed: u32) -> Self {
        Self {
            seed,
            next: AtomicU64::new(1),
        }
    }
}

impl IdGenerator for SequentialIds {
    fn next(&self) -> Uuid {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut tail = [0; 10];
        tail[6..].copy_from_slice(&self.seed.to_be_bytes());
        Builder::from_unix_timestamp_millis(number, &tail).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_seeds_differ() {
        let (ids, others) = (SequentialIds::new(1), SequentialIds::new(2));
        let first = ids.next();
        assert!(ids.next() > first);
        assert_eq!(first.get_version_num(), 7);
        assert_ne!(others.next(), first);
        assert_eq!(SequentialIds::new(1).next(), first);
    }
}
