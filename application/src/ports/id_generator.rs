//! The only source of new ids.

use uuid::Uuid;

/// Makes ids.
pub trait IdGenerator: Send + Sync {
    /// A UUID version 7 (RFC 9562) that was never handed out before; in one
    /// process each is greater than the one before it.
    fn next(&self) -> Uuid;
}
