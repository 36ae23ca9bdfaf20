//! Row revisions for optimistic concurrency control.

use std::fmt;

/// The number of times a row has been written, starting at 1.
///
/// An entity carries the revision it was read with; an update expects that
/// revision and stores the next. The revision also serves as the entity's
/// `ETag`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u64);

impl Revision {
    /// The revision of a new row.
    pub const FIRST: Self = Self(1);

    /// Wraps a stored number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Returns the revision after the next write.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
