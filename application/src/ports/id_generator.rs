//! The only source of new ids.

use uuid::Uuid;

/// Generates ids.
pub trait IdGenerator: Send + Sync {
    /// Returns a new UUID version 7 (RFC 9562). Within one process, each is
    /// greater than the previous one.
    fn next(&self) -> Uuid;
}
