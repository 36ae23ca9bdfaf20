//! Primary keys.

use tenantry_domain::id::EntityId;
use uuid::Uuid;

/// The primary key of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A single id.
    Id(Uuid),
    /// Two ids, of a row that ties two others together.
    Pair(Uuid, Uuid),
}

impl<I: EntityId> From<I> for Key {
    fn from(id: I) -> Self {
        match id.parts() {
            (id, None) => Self::Id(id),
            (first, Some(second)) => Self::Pair(first, second),
        }
    }
}
