//! Ids that sort by creation time.

use tenantry_application::ports::IdGenerator;
use uuid::Uuid;

/// A generator of version 7 UUIDs (RFC 9562): the millisecond, a counter, and
/// random bits. The counter is shared by the whole process and keeps ids
/// ordered even when the system clock is set back.
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
    fn ids_are_strictly_ascending() {
        let ids: Vec<_> = (0..10_000).map(|_| UuidV7Ids.next()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }
}
