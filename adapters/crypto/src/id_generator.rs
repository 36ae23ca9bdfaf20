//! Ids that sort by the time they were made.

use tenantry_application::ports::IdGenerator;
use uuid::Uuid;

/// UUIDs version 7: the millisecond, a counter that grows within it, and
/// random bits. The counter is shared by the whole process and holds the order
/// even when the machine's clock is set back.
#[derive(Debug, Clone, Copy, Default)]
pub struct UuidV7Ids;

impl IdGenerator for UuidV7Ids {
    #[expect(clippy::disallowed_methods, reason = "this is the IdGenerator port")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_is_greater_than_the_one_before() {
        let ids: Vec<_> = (0..10_000).map(|_| UuidV7Ids.next()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }
}
