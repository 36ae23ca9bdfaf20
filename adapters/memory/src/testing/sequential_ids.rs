//! Ids that are the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use tenantry_application::ports::IdGenerator;
use uuid::{Builder, Uuid};

/// A generator of ascending version 7 UUIDs. Generators with different seeds
/// have no id in common.
#[derive(Debug)]
pub struct SequentialIds {
    seed: u32,
    next: AtomicU64,
}

impl SequentialIds {
    /// Creates the generator of a seed.
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
    fn ids_ascend_and_differ_by_seed() {
        let (ids, others) = (SequentialIds::new(1), SequentialIds::new(2));
        let first = ids.next();
        assert!(ids.next() > first);
        assert_eq!(first.get_version_num(), 7);
        assert_ne!(others.next(), first);
        assert_eq!(SequentialIds::new(1).next(), first);
    }
}
